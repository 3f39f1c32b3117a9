import { SEVERITIES } from '../../crds/issue.ts';
import { LABELS } from '../../crds/names.ts';
import type { Scope, SearchFilter } from './search.ts';

/**
 * Marks: words of a document that no text has, because text is indexed and asked for without punctuation. They let the
 * inverted index itself answer "these words, of these days, in these namespaces", so that nothing else is looked at.
 * What is found by them is still judged by the columns of `issue_index`.
 */

/** Seconds of the shortest stretch of time that has a mark, and how much longer the next one is: up to 42 days. */
const SHORTEST = 3_600;
const FACTOR = 4;
const LEVELS = 6;
/** Stretches that are asked for at once, where shorter ones would be more. */
const STRETCHES = 5;

/** Columns of `issue_index` whose values are marks. */
const MARKED = {
  namespace: 'n',
  severity: 's',
  type: 'y',
  state: 'a',
  source: 'o',
  reason: 'e',
  subject_kind: 'k',
  subject_name: 'u',
  stage: 'p',
  group_name: 'g',
  assignee: 'w',
} as const;
type Marked = keyof typeof MARKED;

/** A word has a most length, and whoever reports may not stop the index. */
const LONGEST = 200;
/** Of so many namespaces no index is asked: what is found is judged one by one. */
const MOST_VALUES = 50;

/** Labels that repeat a column. */
const REPEATED: readonly string[] = [LABELS.severity, LABELS.type, LABELS.state, LABELS.source, LABELS.subjectKind];

/** SQL of a document's marks, from SQL of what its row in `issue_index` has. */
export function marksOf(columns: Readonly<Record<Marked | 'opened_at' | 'labels', string>>): string {
  const times = Array.from(
    { length: LEVELS },
    (_, level) => `'/${level}/' || floor(date_part('epoch', ${columns.opened_at}) / ${lengthOf(level)})::bigint`,
  );
  const values = Object.entries(MARKED).map(
    ([column, mark]) => `'/${mark}/' || left((${columns[column as Marked]})::text, ${LONGEST})`,
  );
  const labels = `(SELECT array_agg('/l/' || left(key || '=' || value, ${LONGEST})) FROM jsonb_each_text(${columns.labels})
      WHERE key <> ALL ('{${REPEATED.join(',')}}'))`;
  return `array_to_tsvector(ARRAY[${[...times, ...values].join(', ')}] || ${labels})`;
}

/** The text of a tsquery for what has one of the values of each member, as far as there are marks; '' for everything. */
export function markedWith(filter: SearchFilter, namespaces: Scope): string {
  const ranks = filter.severities?.map((severity) => SEVERITIES.indexOf(severity));
  const asked: readonly (readonly [Marked, readonly (string | number)[] | undefined])[] = [
    ['namespace', namespaces === 'all' ? undefined : namespaces],
    ['severity', ranks],
    ['type', filter.types],
    ['state', filter.states],
    ['source', filter.sources],
    ['reason', filter.reasons],
    ['subject_kind', filter.subjectKinds],
    ['subject_name', filter.subjects],
    ['stage', filter.stages],
    ['group_name', filter.groups],
    ['assignee', filter.assignees],
  ];
  const parts = asked.flatMap(([column, values]) => {
    if (values === undefined || values.length === 0 || values.length > MOST_VALUES) return [];
    return [anyOf(values.map((value) => `/${MARKED[column]}/${cut(String(value))}`))];
  });
  const labels = (filter.labels ?? []).flatMap((label) => {
    if (label.operator !== 'in' || label.values.size > MOST_VALUES || REPEATED.includes(label.key)) return [];
    return [anyOf([...label.values].map((value) => `/l/${cut(`${label.key}=${value}`)}`))];
  });
  return [...parts, ...labels].filter((part) => part !== '').join(' & ');
}

/** The text of a tsquery for what was opened between two moments (seconds), and a little before and after. */
export function openedBetween(from: number, to: number): string {
  let level = 0;
  while (level < LEVELS - 1 && to - from > lengthOf(level) * (STRETCHES - 1)) level++;
  const [first, last] = [Math.floor(from / lengthOf(level)), Math.floor(to / lengthOf(level))];
  return anyOf(Array.from({ length: last - first + 1 }, (_, n) => `/${level}/${first + n}`));
}

/** As `left` of the database, which counts whole characters. */
function cut(text: string): string {
  return text.length > LONGEST ? [...text].slice(0, LONGEST).join('') : text;
}

/** '' of none, which the columns judge. */
function anyOf(marks: readonly string[]): string {
  if (marks.length === 0) return '';
  return `(${marks.map((mark) => `'${mark.replaceAll(/['\\]/g, '$&$&')}'`).join(' | ')})`;
}

function lengthOf(level: number): number {
  return SHORTEST * FACTOR ** level;
}
