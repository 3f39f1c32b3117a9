import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NormalAnswer } from './answer.ts';
import { type Row, rowId } from './corpus.ts';

/**
 * What a custom resource answered, as `node tests/golden/record.ts` saw it on a real kube-apiserver of this machine.
 * Many rows are answered alike, so answers are kept once.
 */
interface GoldenFile {
  readonly recordedFrom: string;
  readonly answers: readonly NormalAnswer[];
  /** Index of the answer, by row. */
  readonly rows: Readonly<Record<string, number>>;
}

const PATH = join(import.meta.dirname, 'generated', 'answers.json');

export function writeGolden(recordedFrom: string, rows: readonly Row[], answers: readonly NormalAnswer[]): void {
  const distinct = [...new Set(answers.map((answer) => JSON.stringify(answer)))].sort();
  const positions = new Map(distinct.map((text, index) => [text, index]));
  const byRow = rows.map(
    (row, index) => `    ${JSON.stringify(rowId(row))}: ${positions.get(JSON.stringify(answers[index]))}`,
  );
  const lines = ['{', `  "recordedFrom": ${JSON.stringify(recordedFrom)},`, '  "answers": ['];
  lines.push(
    distinct.map((text) => `    ${text}`).join(',\n'),
    '  ],',
    '  "rows": {',
    byRow.join(',\n'),
    '  }',
    '}',
    '',
  );
  writeFileSync(PATH, lines.join('\n'));
}

/** Throws for a row that was never recorded, and says what to do. */
export function readGolden(): (row: Row) => NormalAnswer {
  const { rows, answers } = JSON.parse(readFileSync(PATH, 'utf8')) as GoldenFile;
  return (row) => {
    const answer = answers[rows[rowId(row)] ?? -1];
    if (!answer) throw new Error(`${rowId(row)} is not recorded: node tests/golden/record.ts`);
    return answer;
  };
}
