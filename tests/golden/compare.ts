import { isDeepStrictEqual } from 'node:util';
import { type NormalAnswer, normalAnswer } from './answer.ts';
import type { Answered } from './ask.ts';
import { type Row, rowId } from './corpus.ts';
import { comparable, expectedAnswer } from './deviations.ts';
import type { Side } from './sides.ts';

export interface Difference {
  readonly row: string;
  readonly ours: NormalAnswer;
  readonly expected: NormalAnswer;
}

/** The rows that we do not answer as the oracle's answers say that we must. */
export function differences(
  rows: readonly Row[],
  ours: readonly Answered[],
  side: Side,
  theirs: (row: Row, index: number) => NormalAnswer,
): Difference[] {
  return rows.flatMap((row, index) => {
    const expected = expectedAnswer(theirs(row, index), row);
    const mine = adapted(comparable(normalAnswer(ours[index] as Answered, namesOf(side))), expected);
    return isDeepStrictEqual(mine, expected) ? [] : [{ row: rowId(row), ours: mine, expected }];
  });
}

/** What an answer calls by the side's own names. */
export function namesOf({ names }: Side): Record<string, string> {
  return { group: names.group, token: names.token };
}

/** Some answers are only compared as far as they can be alike. */
function adapted(mine: NormalAnswer, expected: NormalAnswer): NormalAnswer {
  if (expected.body === 'a Status in protobuf' && mine.status >= 400) return { ...mine, body: expected.body };
  const { message } = (mine.body ?? {}) as { message?: string };
  const { message: wanted } = (expected.body ?? {}) as { message?: string };
  if (wanted === 'issues are read-only' && message?.startsWith(wanted)) {
    return { ...mine, body: { ...(mine.body as object), message: wanted } };
  }
  return mine;
}
