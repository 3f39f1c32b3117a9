import { oneLine } from '../../../crds/text.ts';
import type { Report } from '../report.ts';
import type { Result } from '../run.ts';
import type { Score } from '../score.ts';

export interface TableOptions {
  readonly columns: number;
  readonly color: boolean;
}

const COLORS = { passed: 32, failed: 31, skipped: 33 } as const;
const MIN_TEXT = 20;
/** `W10   MUST     passed   `. */
const INDENT = 24;

/** Every item on a line, what is wrong or why nothing was seen below it, and the scores. Never wider than the terminal. */
export function printTable(report: Report, options: TableOptions): string {
  const lines = [
    ...report.results.flatMap((result) => resultLines(result, options)),
    ...oracleLines(report, options),
    '',
    `${report.resource} at ${report.server} (${report.path})`,
    ...report.scores.map(scoreLine),
  ];
  return `${lines.join('\n')}\n`;
}

function resultLines({ item, outcome, message }: Result, options: TableOptions): string[] {
  const { number, level, requirement, breaks } = item;
  const said = paint(outcome.padEnd(9), COLORS[outcome], options.color);
  const head = `${number.padEnd(6)}${level.padEnd(9)}${said}`;
  const [first = '', ...rest] = wrap(requirement, options.columns - INDENT);
  const more = outcome === 'failed' ? [message, `breaks: ${breaks}`] : outcome === 'skipped' ? [message] : [];
  const below = [...rest, ...more.flatMap((text) => wrap(`  ${oneLine(text, 2_000)}`, options.columns - INDENT))];
  return [`${head}${first}`, ...below.map((line) => `${' '.repeat(INDENT)}${line}`)];
}

function oracleLines({ oracle }: Report, options: TableOptions): string[] {
  if (oracle === undefined) return [];
  const different = oracle.comparisons.filter(({ differences }) => differences.length > 0);
  const same = oracle.comparisons.length - different.length;
  const lines = different.flatMap(({ request: { number, path, accept }, differences }) => {
    const named = `${number} GET …${path}${accept === undefined ? '' : ` (Accept: ${accept})`}`;
    return [named, ...differences.map((one) => `  ${oneLine(one, 2_000)}`)].flatMap((line) =>
      wrap(line, options.columns),
    );
  });
  return [
    '',
    ...lines,
    `${same} of ${oracle.comparisons.length} requests are answered as ${oracle.resource} answers them`,
  ];
}

function scoreLine({ level, passed, failed, skipped, seen, total, percent }: Score): string {
  const score = percent === undefined ? '   -' : `${percent}%`.padStart(4);
  return `${level.padEnd(7)}${score}   ${seen} of ${total} seen: ${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function paint(text: string, color: number, wanted: boolean): string {
  return wanted ? `\u001b[${color}m${text}\u001b[0m` : text;
}

/** Breaks at spaces; a word that is longer than the line is cut. Keeps the indentation. */
function wrap(text: string, columns: number): string[] {
  const width = Math.max(MIN_TEXT, columns - 1);
  const indent = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = indent;
  for (const word of text
    .trim()
    .split(' ')
    .flatMap((one) => pieces(one, width - indent.length))) {
    if (line.trim() !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}

function pieces(word: string, width: number): string[] {
  return word.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [];
}
