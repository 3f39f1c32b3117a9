import { array, asyncProperty, assert as check, constantFrom, integer, nat } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../exit.ts';
import { deliver, type Told } from './deliver.ts';
import type { Outcome, Outgoing, Sender } from './send-reports.ts';

const report = (index: number, more: object = {}): Outgoing => ({
  where: String(index),
  namespace: 'shop',
  spec: { index, ...more },
});
const TAKEN: Outcome = { kind: 'taken', decisions: [], resourceVersion: '1' };
const busy = (afterMs: number): Outcome => ({ kind: 'busy', message: 'too many reports', afterMs });

interface Seen extends Told {
  readonly taken: Told['taken'];
  readonly settled: string[];
  readonly notes: string[];
  readonly waits: number[];
}

function watcher(): Seen & {
  readonly run: (reports: readonly Outgoing[], send: Sender, stop?: AbortController) => Promise<void>;
} {
  const [settled, notes, waits]: [string[], string[], number[]] = [[], [], []];
  const told: Told = {
    taken: ({ where }) => void settled.push(where),
    refused: ({ where }, message) => void settled.push(`${where}: ${message}`),
    note: (line) => void notes.push(line),
    progress() {},
  };
  const run = (reports: readonly Outgoing[], send: Sender, stop = new AbortController()) =>
    deliver(reports, send, told, {
      wait: async (ms) => void waits.push(ms),
      signal: stop.signal,
      random: () => 0,
    });
  return { ...told, settled, notes, waits, run };
}

describe('reports are delivered', () => {
  it('each once, in their order, whatever some of them are answered', async () => {
    const answers = array(constantFrom<Outcome['kind']>('taken', 'refused', 'busy', 'unsent'), { minLength: 1 });
    await check(
      asyncProperty(
        nat(2_500),
        array(answers, { minLength: 1, maxLength: 8 }),
        integer(),
        async (count, plans, seed) => {
          const seen = watcher();
          let request = 0;
          await seen.run(
            Array.from({ length: count }, (_, index) => report(index)),
            async (batch) => {
              expect(batch.length).toBeLessThanOrEqual(1_000);
              // What waits comes before what was not tried yet.
              const order = batch.map(({ where }) => Number(where));
              expect(order).toEqual(order.toSorted((a, b) => a - b));
              const plan = plans[request++ % plans.length] ?? [];
              // Something happens in each request, else nobody is that patient.
              const kindOf = (index: number) =>
                index === Math.abs(seed) % batch.length ? 'taken' : plan[index % plan.length];
              const outcomes = batch.map((_, index): Outcome => {
                const kind = kindOf(index);
                if (kind === 'refused') return { kind, message: 'no' };
                return kind === 'busy' ? busy(1) : kind === 'unsent' ? { kind } : TAKEN;
              });
              return { outcomes, fault: undefined };
            },
          );
          const places = seen.settled.map((line) => Number.parseInt(line, 10));
          expect(places.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
        },
      ),
      { numRuns: 60 },
    );
  }, 30_000);

  it('in requests that the server takes: a thousand, and three MiB', async () => {
    const sizes: number[] = [];
    const send: Sender = async (batch) => {
      sizes.push(batch.length);
      const body = JSON.stringify(batch.map(({ namespace, spec }) => ({ ...spec, namespace })));
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(3 * 1024 * 1024);
      return { outcomes: batch.map(() => TAKEN), fault: undefined };
    };
    const seen = watcher();
    await seen.run(
      Array.from({ length: 2_001 }, (_, index) => report(index)),
      send,
    );
    expect(sizes.splice(0)).toEqual([1_000, 1_000, 1]);
    const large = (bytes: number) => ({ text: 'ü'.repeat(bytes / 2) });
    await seen.run(
      [report(0, large(2_000_000)), report(1, large(2_000_000)), report(2, large(4_000_000)), report(3)],
      send,
    );
    expect(sizes).toEqual([1, 1, 1]);
    expect(seen.settled.slice(-4)).toEqual(['0', '1', '2: it has more than 3 MiB, which is the most', '3']);
  });

  it('when the server wants them: as late as the latest of them, and said once', async () => {
    const seen = watcher();
    let request = 0;
    await seen.run([report(0), report(1), report(2)], async (batch) => {
      const first: Outcome[] = [busy(7_000), TAKEN, busy(9_000)];
      return {
        outcomes: request++ === 0 ? first : request === 2 ? [busy(0), busy(0)] : batch.map(() => TAKEN),
        fault: undefined,
      };
    });
    expect([seen.settled, seen.waits]).toEqual([
      ['1', '0', '2'],
      [9_000, 500],
    ]);
    expect(seen.notes).toEqual(['the server is busy, and is asked again when it wants to be: too many reports']);
  });

  it('until the server was busy for minutes: then it says how far it came', async () => {
    const seen = watcher();
    let request = 0;
    const stuck = seen.run([report(0), report(1)], async (batch) => ({
      outcomes: request++ === 0 ? [TAKEN, busy(1_000)] : batch.map(() => busy(1_000)),
      fault: undefined,
    }));
    await expect(stuck).rejects.toThrow(new Failure('too many reports (1 of 2 reports were taken)'));
    expect(seen.waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(60_000);
  });

  it('until nobody is there any more, or somebody stops it: then it says how far it came', async () => {
    const lost = watcher();
    const gone = lost.run([report(0), report(1)], async () => ({
      ...{ outcomes: [TAKEN, { kind: 'unsent' }], fault: new Failure('cannot reach it') },
    }));
    await expect(gone).rejects.toThrow('cannot reach it (1 of 2 reports were taken)');
    const stopped = watcher();
    const stop = new AbortController();
    const ended = stopped.run(
      [report(0), report(1)],
      async () => {
        stop.abort(new Error('SIGINT'));
        return { outcomes: [TAKEN, busy(1_000)], fault: undefined };
      },
      stop,
    );
    await expect(ended).rejects.toThrow('SIGINT');
    expect(stopped.notes.at(-1)).toBe('1 of 2 reports were taken');
  });
});
