import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalAnswer } from '../golden/answer.ts';
import type { Answered } from '../golden/ask.ts';
import { differences, namesOf } from '../golden/compare.ts';
import { CORPUS } from '../golden/corpus.ts';
import { readGolden } from '../golden/golden-file.ts';
import { askAll } from '../golden/sides.ts';
import { startWorld, type World } from '../golden/world.ts';

/** One corpus of bad input, to issues and to a custom resource of the same shape, through the same kube-apiserver. */
let world: World;
let ours: Answered[];
let theirs: Answered[];

beforeAll(async () => {
  world = await startWorld();
  [ours, theirs] = await Promise.all([askAll(world.ours, CORPUS), askAll(world.oracle, CORPUS)]);
});

afterAll(async () => world?.[Symbol.asyncDispose]());

describe('bad input through the aggregator', () => {
  it('L2 L3 L10 L11 L12 L13 L14 F1 F2 F3 W4 W17 T3 T8 E1 E2 E3 E6 is answered as by a custom resource: status, headers and body', () => {
    const oracle = (_row: unknown, index: number) => normalAnswer(theirs[index] as Answered, namesOf(world.oracle));
    expect(differences(CORPUS, ours, world.ours, oracle)).toEqual([]);
  });

  it('E5 Retry-After is where the custom resource has it', () => {
    const retried = (answers: Answered[]) => answers.map(({ headers }) => headers['retry-after']);
    const own = CORPUS.map((row, index) => (row.request.includes('resourceVersion=') ? index : -1)).filter(
      (i) => i >= 0,
    );
    expect(own.map((index) => retried(ours)[index])).toEqual(own.map((index) => retried(theirs)[index]));
    expect(retried(ours)).toContain('1');
  });

  it('the recorded answers are still those of the custom resource', () => {
    const golden = readGolden();
    const now = theirs.map((answer) => normalAnswer(answer, namesOf(world.oracle)));
    const changed = CORPUS.flatMap((row, index) =>
      JSON.stringify(golden(row)) === JSON.stringify(now[index])
        ? []
        : [{ row: row.request, was: golden(row), now: now[index] }],
    );
    expect(changed).toEqual([]);
  });
});
