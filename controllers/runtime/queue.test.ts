import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import { namespaceOf } from './object.ts';
import { WorkQueue } from './queue.ts';

function setup() {
  const clock = new ManualClock();
  return { clock, queue: new WorkQueue({ clock, lane: namespaceOf }) };
}

async function drain(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.depth > 0) {
    const key = (await queue.take()) as string;
    keys.push(key);
    queue.done(key);
  }
  return keys;
}

describe('the work queue', () => {
  it('holds a key once however often it is added', async () => {
    const { queue } = setup();
    for (const key of ['a/1', 'a/1', 'a/2', 'a/1']) queue.add(key);
    expect(await drain(queue)).toEqual(['a/1', 'a/2']);
  });

  it('says what waits, what is worked on and what comes again, and since when', async () => {
    const { clock, queue } = setup();
    queue.add('a/1');
    queue.addAfter('a/3', 9_000);
    await queue.take();
    await clock.advance(2_000);
    queue.add('a/2');
    await clock.advance(1_000);
    expect(queue.state()).toEqual({
      ...{ waiting: 1, working: 1, delayed: 1 },
      oldestWaiting: [{ key: 'a/2', seconds: 1 }],
      underWork: [{ key: 'a/1', seconds: 3 }],
      again: [{ key: 'a/3', seconds: 6 }],
    });
    for (let index = 0; index < 60; index++) queue.add(`b/${index}`);
    expect([queue.state().waiting, queue.state().oldestWaiting.length]).toEqual([61, 50]);
  });

  it('gives a key that is added while it is worked on again afterwards, not meanwhile', async () => {
    const { queue } = setup();
    queue.add('a/1');
    await queue.take();
    queue.add('a/1');
    expect(queue.depth).toBe(0);
    queue.done('a/1');
    expect(await drain(queue)).toEqual(['a/1']);
  });

  it('lets namespaces take turns, so that a hot one starves nobody', async () => {
    const { queue } = setup();
    for (const name of ['1', '2', '3', '4']) queue.add(`hot/${name}`);
    queue.add('quiet/1');
    expect(await drain(queue)).toEqual(['hot/1', 'quiet/1', 'hot/2', 'hot/3', 'hot/4']);
  });

  it('takes news before the backlog, but not for ever', async () => {
    const { queue } = setup();
    for (let index = 0; index < 3; index++) queue.add(`old/${index}`, 'backlog');
    for (let index = 0; index < 40; index++) queue.add(`new/${String(index).padStart(2, '0')}`);
    const keys = await drain(queue);
    expect(keys.slice(0, 15).every((key) => key.startsWith('new/'))).toBe(true);
    expect(keys[15]).toBe('old/0');
    expect(keys).toHaveLength(43);
  });

  it('moves a key of the backlog to the front when there is news about it', async () => {
    const { queue } = setup();
    queue.add('a/1', 'backlog');
    queue.add('a/2', 'backlog');
    queue.add('a/2');
    expect(await drain(queue)).toEqual(['a/2', 'a/1']);
  });

  it('adds later what is to be added later; of two delays the earlier one counts', async () => {
    const { queue, clock } = setup();
    queue.addAfter('a/1', 5_000);
    queue.addAfter('a/1', 1_000);
    queue.addAfter('a/1', 9_000);
    await clock.advance(999);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(await drain(queue)).toEqual(['a/1']);
    await clock.advance(60_000);
    expect(queue.depth).toBe(0);
  });

  it('wakes whoever waits, and tells them when it is closed', async () => {
    const { queue, clock } = setup();
    const [first, second] = [queue.take(), queue.take()];
    queue.add('a/1');
    expect(await first).toBe('a/1');
    queue.addAfter('a/2', 1_000);
    queue.close();
    expect(await second).toBeUndefined();
    expect(await queue.take()).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  const key = fc.constantFrom('a/1', 'a/2', 'b/1', 'b/2', 'c/1');
  const action = fc.oneof(
    fc.tuple(fc.constant('add' as const), key, fc.constantFrom('normal' as const, 'backlog' as const)),
    fc.tuple(fc.constant('later' as const), key, fc.integer({ min: 0, max: 5_000 })),
    fc.tuple(fc.constant('finish' as const), fc.nat(3), fc.constant(0)),
    fc.tuple(fc.constant('pass' as const), fc.integer({ min: 0, max: 3_000 }), fc.constant(0)),
  );

  it('never has two workers on one key, and looks at every key after it was last added', async () => {
    const property = fc.asyncProperty(
      fc.array(action, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      async (actions, workers) => {
        const { queue, clock } = setup();
        let tick = 0;
        const added = new Map<string, number>();
        const begun = new Map<string, number>();
        const working: { key: string; finish: () => void }[] = [];
        const work = async (): Promise<void> => {
          for (let taken = await queue.take(); taken !== undefined; taken = await queue.take()) {
            const current = taken;
            expect(working.map((each) => each.key)).not.toContain(current);
            begun.set(current, ++tick);
            await new Promise<void>((finish) => working.push({ key: current, finish }));
            queue.done(current);
          }
        };
        const finish = async (index: number): Promise<void> => {
          const [done] = working.splice(index % Math.max(1, working.length), 1);
          done?.finish();
          await settle(1);
        };
        const all = Array.from({ length: workers }, work);
        for (const [kind, what, how] of actions) {
          if (kind === 'add') {
            queue.add(what, how);
            added.set(what, ++tick);
          } else if (kind === 'later') {
            queue.addAfter(what, how);
            added.set(what, ++tick);
          } else if (kind === 'finish') await finish(what);
          else await clock.advance(what);
          // A waiting worker is handed the key in the same turn, so begun may only be later than added.
        }
        await clock.advance(10_000);
        for (let round = 0; (working.length > 0 || queue.depth > 0) && round < 500; round++) await finish(0);
        expect(queue.idle).toBe(true);
        await settle(1);
        for (const [each, at] of added) expect(begun.get(each), each).toBeGreaterThan(at - 1);
        queue.close();
        await Promise.all(all);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  it('serves the lanes in turns: none is ever served twice while another one waits', async () => {
    const keys = fc.uniqueArray(fc.tuple(fc.nat(4), fc.nat(200)), { maxLength: 60, selector: String });
    await fc.assert(
      fc.asyncProperty(keys, async (added) => {
        const { queue } = setup();
        const left = new Map<string, number>();
        for (const [lane, name] of added) {
          queue.add(`n${lane}/${name}`);
          left.set(`n${lane}`, (left.get(`n${lane}`) ?? 0) + 1);
        }
        const served = new Map<string, number>();
        while (queue.depth > 0) {
          const key = (await queue.take()) as string;
          const lane = namespaceOf(key);
          queue.done(key);
          served.set(lane, (served.get(lane) ?? 0) + 1);
          left.set(lane, (left.get(lane) as number) - 1);
          for (const [other, waiting] of left) {
            if (waiting > 0)
              expect(served.get(other) ?? 0, added.join()).toBeGreaterThanOrEqual((served.get(lane) ?? 0) - 1);
          }
        }
      }),
    );
  });

  it('takes one of the backlog in sixteen while there is news, and nothing else before news', async () => {
    const step = fc.array(fc.constantFrom('news' as const, 'old' as const, 'take' as const, 'take' as const), {
      maxLength: 300,
    });
    await fc.assert(
      fc.asyncProperty(step, async (steps) => {
        const { queue } = setup();
        const waiting = { news: 0, old: 0 };
        let [number, taken] = [0, 0];
        for (const step of steps) {
          if (step !== 'take') {
            queue.add(`a/${step}-${number++}`, step === 'old' ? 'backlog' : 'normal');
            waiting[step]++;
            continue;
          }
          if (queue.depth === 0) continue;
          const key = (await queue.take()) as string;
          queue.done(key);
          const what = key.startsWith('a/old') ? 'old' : 'news';
          // Both wait: every sixteenth that is taken is an old one, and no other.
          if (waiting.news > 0 && waiting.old > 0) expect(what).toBe(++taken % 16 === 0 ? 'old' : 'news');
          else taken++;
          waiting[what]--;
        }
        const rest: string[] = [];
        while (queue.depth > 0) {
          const key = (await queue.take()) as string;
          queue.done(key);
          rest.push(key);
        }
        expect(rest).toHaveLength(waiting.news + waiting.old);
      }),
    );
  });

  it('forgets nothing: what is added before, during or after work comes, whatever else is delayed or retried', async () => {
    const key = fc.constantFrom('a/1', 'a/2', 'b/1');
    const action = fc.oneof(
      fc.record({ type: fc.constant('add' as const), key }),
      fc.record({ type: fc.constant('retry' as const), key, ms: fc.nat(5_000) }),
      fc.record({ type: fc.constant('take' as const) }),
      fc.record({ type: fc.constant('done' as const) }),
      fc.record({ type: fc.constant('pass' as const), ms: fc.nat(4_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const { queue, clock } = setup();
        /** Keys that somebody must look at now, and those for later with their time: of two delays the earlier one. */
        const owed = new Set<string>();
        const later = new Map<string, number>();
        const fallDue = (): void => {
          for (const [key, due] of later) if (due <= clock.now() && later.delete(key)) owed.add(key);
        };
        const working: string[] = [];
        for (const each of actions) {
          if (each.type === 'add') {
            queue.add(each.key);
            owed.add(each.key);
          } else if (each.type === 'retry') {
            queue.retryAfter(each.key, each.ms);
            const due = clock.now() + each.ms;
            // At once is no delay: one that waits goes on waiting.
            if (each.ms === 0) owed.add(each.key);
            else later.set(each.key, Math.min(later.get(each.key) ?? Infinity, due));
          } else if (each.type === 'take' && queue.depth > 0) {
            const taken = (await queue.take()) as string;
            expect(working).not.toContain(taken);
            expect(owed).toContain(taken);
            owed.delete(taken);
            working.push(taken);
          } else if (each.type === 'done') {
            const finished = working.shift();
            if (finished !== undefined) queue.done(finished);
          } else if (each.type === 'pass') {
            await clock.advance(each.ms);
            fallDue();
          }
        }
        for (const finished of working.splice(0)) queue.done(finished);
        await clock.advance(10_000);
        fallDue();
        const rest = new Set<string>();
        while (queue.depth > 0) {
          const taken = (await queue.take()) as string;
          rest.add(taken);
          queue.done(taken);
        }
        expect(rest).toEqual(owed);
        expect(queue.idle).toBe(true);
      }),
    );
  });
});
