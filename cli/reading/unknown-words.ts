import type { Issue } from '../../crds/issue.ts';
import { oneLine } from '../../crds/text.ts';
import type { Filters } from '../commands/get.ts';
import { suggest } from '../suggest.ts';
import type { Asker } from './ask.ts';
import { Refusal } from './fault.ts';
import { type ListQuery, listPages } from './issues.ts';

/** So many issues are looked through for a word that was meant. */
const MOST = 5_000;

/** What issues say that a filter asks for by its word, whatever it is. */
const WORDS: readonly (readonly [keyof Filters & string, (issue: Issue) => string | undefined])[] = [
  ['type', ({ spec }) => spec.type],
  ['source', ({ spec }) => spec.source],
  ['reason', ({ spec }) => spec.reason],
  ['group', ({ spec }) => spec.group],
  ['assignee', ({ status }) => status.assignee],
];

/**
 * For a list that came out empty: the words of filters that no issue there has, with what was probably meant; empty when
 * there are none, or nobody may look.
 */
export async function unknownWords(asker: Asker, filters: Filters, query: ListQuery): Promise<string[]> {
  const asked = WORDS.filter(([filter]) => (filters[filter] as readonly string[]).length > 0);
  if (asked.length === 0) return [];
  const known = new Map(asked.map(([filter]) => [filter, new Set<string>()]));
  let count = 0;
  try {
    const everything = {
      ...query,
      labelSelector: '',
      fieldSelector: '',
      search: undefined,
      table: false,
      objects: true,
    };
    for await (const { rows } of listPages(asker, everything)) {
      for (const [filter, of] of asked) {
        for (const { object } of rows) known.get(filter)?.add(of(object) ?? '');
      }
      count += rows.length;
      if (count >= MOST) break;
    }
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
  return asked.flatMap(([filter]) => {
    const words = [...(known.get(filter) ?? [])].filter(Boolean);
    const given = filters[filter] as readonly string[];
    return given.filter((word) => !words.includes(word)).map((word) => lineOf(filter, word, words));
  });
}

function lineOf(filter: string, word: string, words: readonly string[]): string {
  const near = suggest(word, words);
  const hint = near === undefined ? '' : `; did you mean ${JSON.stringify(oneLine(near, 253))}?`;
  return `No issue here has the ${filter} ${JSON.stringify(word)}${hint}`;
}
