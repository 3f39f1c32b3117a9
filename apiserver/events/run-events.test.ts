import { describe, expect, it, test, vi } from 'vitest';
import type { Severity } from '../../crds/issue.ts';
import type { IssueTransition, IssueTransitions } from '../store/issue-transitions.ts';
import type { CoreEvent } from './event.ts';
import { runEvents } from './run-events.ts';
import { CONTEXT, NOW, sampleTransition } from './testing/samples.ts';
import type { WriteAnswer } from './writer.ts';

/** A log in memory that keeps its position, as a database does for the next process. */
class Log implements IssueTransitions {
  readonly transitions: IssueTransition[] = [];
  position: number | undefined;
  fault: Error | undefined;
  /** Resolves when a follower has read everything and saved it. */
  #drained = Promise.withResolvers<void>();

  get last(): number {
    return this.transitions.at(-1)?.change ?? 0;
  }

  add(...added: IssueTransition[]): void {
    this.transitions.push(...added);
    this.#drained = Promise.withResolvers<void>();
  }

  drained(): Promise<void> {
    return this.#drained.promise;
  }

  async begin(): Promise<number> {
    if (this.fault) throw this.fault;
    this.position ??= this.last;
    return this.position;
  }

  async since(after: number, limit: number) {
    const all = this.transitions.filter(({ change }) => change > after);
    const transitions = all.slice(0, limit);
    const more = transitions.length === limit;
    const latest = Math.max(after, this.last);
    return { transitions, more, upTo: more ? (transitions.at(-1)?.change ?? after) : latest, latest };
  }

  async save(change: number): Promise<void> {
    this.position = Math.max(this.position ?? 0, change);
    if (this.position >= this.last) this.#drained.resolve();
  }
}

function cluster(answer: (event: CoreEvent) => WriteAnswer = () => ({ outcome: 'written' })) {
  const [names, counts]: [string[], number[]] = [[], []];
  return {
    names,
    counts,
    writer: {
      async create(event: CoreEvent) {
        const answered = answer(event);
        if (answered.outcome === 'written') names.push(event.metadata.name);
        return answered;
      },
      async repeat(_: unknown, { count }: { count: number }): Promise<WriteAnswer> {
        counts.push(count);
        return { outcome: 'written' };
      },
    },
  };
}

/** Runs until `until` resolves, then ends as a process does. */
async function run(
  log: Log,
  { writer }: ReturnType<typeof cluster>,
  until: Promise<unknown>,
  more: { minimumSeverity?: Severity; held?: () => boolean; told?: string[] } = {},
): Promise<void> {
  const ending = new AbortController();
  const running = runEvents({
    ...CONTEXT,
    transitions: log,
    lease: { held: async () => more.held?.() ?? true },
    writer,
    minimumSeverity: more.minimumSeverity ?? 'minor',
    metrics: { counted: () => {} },
    log: { info: () => {}, warn: (fields) => more.told?.push((fields as { cause: string }).cause) },
    now: () => NOW,
    signal: ending.signal,
    interval: 1,
  });
  await until;
  ending.abort();
  await running;
}

const opened = (name: string, severity: Severity = 'major') =>
  sampleTransition('opened', { spec: { title: name, severity } });
const started = async (log: Log) => {
  log.position ??= 0;
};

describe('X10 the writer of Events', () => {
  it('writes two a transition, in order, and goes on where the one before stopped', async () => {
    const log = new Log();
    await started(log);
    const [first, second] = [cluster(), cluster()];
    log.add(opened('a'), opened('b'));
    await run(log, first, log.drained());
    log.add(opened('c'));
    await run(log, second, log.drained());
    expect(first.names).toHaveLength(4);
    expect(second.names).toHaveLength(2);
    expect(new Set([...first.names, ...second.names]).size).toBe(6);
  });

  it('begins at the end of a log that nobody followed: what is there already is no news', async () => {
    const log = new Log();
    log.add(opened('long ago'));
    const { names, ...rest } = cluster();
    const first = Promise.withResolvers<void>();
    const begin = log.begin.bind(log);
    log.begin = async () => {
      const position = await begin();
      first.resolve();
      return position;
    };
    await run(log, { names, ...rest }, first.promise);
    expect(names).toEqual([]);
    expect(log.position).toBe(log.last);
  });

  it('follows through many pages', async () => {
    const log = new Log();
    await started(log);
    log.add(...Array.from({ length: 130 }, (_, n) => opened(`issue ${n}`, n % 2 === 0 ? 'info' : 'info')));
    log.add(opened('last'));
    const one = cluster();
    await run(log, one, log.drained());
    expect(one.names).toHaveLength(2);
  });

  it('writes none below the severity that was asked for, none about info unless it was', async () => {
    const severities: Severity[] = ['critical', 'major', 'minor', 'info'];
    const written = async (minimumSeverity?: Severity) => {
      const log = new Log();
      await started(log);
      log.add(...severities.map((severity) => opened(severity, severity)));
      const one = cluster();
      await run(log, one, log.drained(), minimumSeverity ? { minimumSeverity } : {});
      return one.names.length / 2;
    };
    expect([await written(), await written('info'), await written('critical')]).toEqual([3, 4, 1]);
  });

  it('writes nothing while another process holds the lease, and everything it left when that one ended', async () => {
    const log = new Log();
    await started(log);
    log.add(opened('a'));
    let held = false;
    let asked = 0;
    const one = cluster();
    const askedOften = Promise.withResolvers<void>();
    await run(log, one, askedOften.promise, {
      held: () => {
        asked += 1;
        if (asked > 3) askedOften.resolve();
        return held;
      },
    });
    expect(one.names).toEqual([]);
    held = true;
    await run(log, one, log.drained(), { held: () => held });
    expect(one.names).toHaveLength(2);
  });

  it('one that is ended in the middle leaves the rest to the next, which writes nothing twice', async () => {
    const log = new Log();
    await started(log);
    log.add(opened('a'), opened('b'));
    const stuck = Promise.withResolvers<void>();
    const last = log.transitions[1]?.change.toString(16) ?? '';
    const first = cluster((event) => {
      if (!event.metadata.name.endsWith(`${last}.object`)) return { outcome: 'written' };
      stuck.resolve();
      return { outcome: 'unreachable', message: 'away' };
    });
    await run(log, first, stuck.promise);
    const there = new Set(first.names);
    // As a cluster does: a name that exists is written already.
    const second = cluster();
    await run(log, second, log.drained());
    expect(first.names).toHaveLength(3);
    expect(second.names.filter((name) => !there.has(name))).toEqual([expect.stringMatching(`${last}.object$`)]);
    expect(second.names).toHaveLength(2);
  });

  it('a position that could not be saved makes no Event twice, and raises no count', async () => {
    const log = new Log();
    await started(log);
    // The second says the same about the issue as the first.
    log.add(opened('same'), opened('same'));
    const save = log.save.bind(log);
    let saves = 0;
    log.save = (change) => {
      saves += 1;
      return saves === 1 ? Promise.reject(new Error('the database is not available')) : save(change);
    };
    const one = cluster();
    await run(log, one, log.drained());
    expect(saves).toBe(2);
    expect(one.names).toHaveLength(2);
    expect(one.counts).toEqual([2, 2]);
  });

  it('waits for a database that is away and tells it once', async () => {
    const log = new Log();
    await started(log);
    log.add(opened('a'));
    log.fault = new Error('the database is not available');
    const told: string[] = [];
    let tries = 0;
    const begin = log.begin.bind(log);
    log.begin = () => {
      tries += 1;
      if (tries > 3) log.fault = undefined;
      return begin();
    };
    const one = cluster();
    await run(log, one, log.drained(), { told });
    expect(told).toEqual(['the database is not available']);
    expect(one.names).toHaveLength(2);
  });
});

test('while nothing is committed the log is looked at every 5 s, and when something is, at once', async () => {
  const ending = new AbortController();
  const [log, { writer, names }] = [new Log(), cluster()];
  log.position = 0;
  const looks = vi.spyOn(log, 'since');
  const news = { hints: 0, hintAfter: vi.fn(async () => void (await hint.promise)) };
  let hint = Promise.withResolvers<void>();
  const running = runEvents({
    ...{ ...CONTEXT, transitions: log, lease: { held: async () => true }, writer, news, signal: ending.signal },
    ...{ minimumSeverity: 'minor', metrics: { counted: () => {} }, log: { info: () => {}, warn: () => {} } },
    ...{ now: () => NOW, interval: 0 },
  });
  await vi.waitFor(() => expect(news.hintAfter).toHaveBeenCalledWith(0, 5_000, ending.signal));
  expect(looks).toHaveBeenCalledTimes(1);
  log.add(opened('a'));
  const woken = hint;
  hint = Promise.withResolvers<void>();
  news.hints = 1;
  woken.resolve();
  await log.drained();
  expect(names).toHaveLength(2);
  ending.abort();
  hint.resolve();
  await running;
});
