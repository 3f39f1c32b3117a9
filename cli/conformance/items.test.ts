import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { items } from './items/index.ts';
import { judge, type Result, run, UNREADABLE } from './run.ts';
import type { Defect } from './testing/defect.ts';
import { defects } from './testing/defects/index.ts';
import { ConformanceServer } from './testing/server.ts';

describe('a correct server', () => {
  let server: ConformanceServer;
  let results: Result[];
  beforeAll(async () => {
    server = await ConformanceServer.start();
    results = await run(items, server.subject);
  });
  afterAll(async () => server?.[Symbol.asyncDispose]());

  it.each(items.map(({ number, requirement }) => [number, requirement]))('%s passes: %s', (number) => {
    const { outcome, message } = results.find(({ item }) => item.number === number) as Result;
    expect({ outcome, message }).toEqual({ outcome: 'passed', message: '' });
  });
});

describe('a server with one defect', () => {
  // An item that no defect makes fail would pass blindly.
  it.each(items.map(({ number }) => number))('%s has one', (number) => {
    expect(defects[number]?.length ?? 0).toBeGreaterThan(0);
  });

  it("has none that is nobody's", () => {
    const numbers = items.map(({ number }) => number);
    expect(Object.keys(defects).filter((number) => !numbers.includes(number))).toEqual([]);
  });

  const cases = items.flatMap((item) => (defects[item.number] ?? []).map((defect) => ({ item, defect })));
  const results = new Map<Defect, Result>();
  // Checks wait for watches to end most of the time: all at once, or this file would take minutes.
  beforeAll(async () => {
    const waiting = [...cases];
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await using server = await ConformanceServer.start(next.defect);
        results.set(next.defect, await judge(next.item, server.subject));
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  }, 180_000);

  it.each(cases.map(({ item, defect }) => [item.number, defect.what, defect] as const))(
    '%s fails when %s',
    (_, __, defect) => {
      const { outcome, message } = results.get(defect) as Result;
      expect({ outcome, message }).toMatchObject({ outcome: 'failed' });
      expect(message).not.toContain(UNREADABLE);
    },
  );
});
