import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from '../../cli/conformance/printers/markdown.ts';

/** What `-o json` prints, as far as the page shows it. */
export interface ConformanceJson {
  readonly resource: string;
  readonly scores: readonly { level: string; passed: number; failed: number; skipped: number; percent?: number }[];
  readonly items: readonly {
    number: string;
    level: string;
    requirement: string;
    breaks: string;
    outcome: string;
    message?: string;
  }[];
  readonly oracle?: { resource: string; requests: readonly { number: string; path: string; differences: string[] }[] };
}

const page = join(import.meta.dirname, '..', '..', 'docs', 'conformance.md');
const BEGIN = '<!-- begin of what tests/e2e/conformance.e2e.test.ts measured -->';
const END = '<!-- end -->';
const MAX_MESSAGE = 160;

/** Item and outcome of every row that the page shows: `W7 passed skipped`. */
export function outcomesOfPage(): string[] {
  const [, table = ''] = readFileSync(page, 'utf8').split(BEGIN);
  return [
    ...table.matchAll(/^\| ([A-Z]\d+) \|.*\| (passed|failed|skipped)[^|]*\| (passed|failed|skipped)[^|]*\|$/gm),
  ].map(([, number, ours, theirs]) => `${number} ${ours} ${theirs}`);
}

export function outcomesOf(ours: ConformanceJson, crd: ConformanceJson): string[] {
  return ours.items.map(({ number, outcome }, index) => `${number} ${outcome} ${crd.items[index]?.outcome}`);
}

/** Writes both results between the markers of the page. */
export function writePage(ours: ConformanceJson, crd: ConformanceJson): void {
  const text = readFileSync(page, 'utf8');
  const [before = ''] = text.split(BEGIN);
  const [, after = ''] = text.split(END);
  writeFileSync(page, `${before}${BEGIN}\n\n${tables(ours, crd)}\n${END}${after}`);
}

function tables(ours: ConformanceJson, crd: ConformanceJson): string {
  const scores = ours.scores.map(({ level }, index) => [level, scoreOf(ours, index), scoreOf(crd, index)]);
  const rows = ours.items.map(({ number, level, requirement, breaks, ...result }, index) => {
    return [number, level, requirement, breaks, said(result), said(crd.items[index])];
  });
  const requests = ours.oracle?.requests ?? [];
  const same = requests.filter(({ differences }) => differences.length === 0).length;
  return [
    markdownTable(['level', 'issues', 'a CRD'], scores),
    `${same} of ${requests.length} requests of the corpus are answered as the CRD answers them: same status, headers and form.\n`,
    markdownTable(['item', 'level', 'what', 'who breaks without', 'issues', 'a CRD'], rows),
  ].join('\n');
}

function scoreOf({ scores }: ConformanceJson, index: number): string {
  const { passed = 0, failed = 0, skipped = 0, percent } = scores[index] ?? {};
  return `${percent ?? '-'} % (${passed} of ${passed + failed}; ${skipped} skipped)`;
}

function said(result: { outcome: string; message?: string } | undefined): string {
  const { outcome = '', message } = result ?? {};
  if (!message) return outcome;
  const short = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
  return `${outcome}: ${short}`;
}
