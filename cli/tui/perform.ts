import { oneLine } from '../../crds/text.ts';
import type { Row } from './rows/row.ts';
import type { Source } from './source/source.ts';
import type { Copy } from './state/action.ts';
import type { Act, Notice } from './state/state.ts';

/** So many requests at once. */
export const AT_ONCE = 4;

/** Does something with each, so many at once. Answers in their order; rejects with what the first one rejects with. */
export async function atMost<T, R>(count: number, all: readonly T[], does: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  const queue = [...all.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) answers[next[0]] = await does(next[1]);
  };
  await Promise.all(Array.from({ length: count }, worker));
  return answers;
}

/** Does it to every issue, and says in one line what became of it. */
export async function performAll(
  source: Pick<Source, 'act'>,
  act: Act,
  keys: readonly string[],
  text: string,
  signal: AbortSignal,
): Promise<Notice> {
  const told: string[] = [];
  const faults: string[] = [];
  await atMost(AT_ONCE, keys, async (key) => {
    try {
      told.push(await source.act(act, key, text, signal));
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  });
  const [key = ''] = keys;
  const [first = ''] = told;
  const [fault] = faults;
  if (fault === undefined) {
    return {
      role: 'good',
      text: oneLine(keys.length === 1 ? `${key} ${first}` : `${keys.length} issues ${first}`, 500),
    };
  }
  const some = told.length === 0 ? '' : `${told.length} of ${keys.length} ${first}; `;
  return { role: 'error', text: oneLine(`${some}${fault}`, 500) };
}

/** What is put on the clipboard of the rows. */
export function copyOf(what: Copy, rows: readonly Row[]): string {
  switch (what) {
    case 'name':
      return rows.map(({ name }) => name).join('\n');
    case 'link':
      return rows.flatMap(({ link }) => (link === '' ? [] : [link])).join('\n');
    case 'markdown':
      return rows.map(markdownOf).join('\n');
    default:
      return what satisfies never;
  }
}

function markdownOf({ title, link, namespace, name, cells }: Row): string {
  const text = title.replace(/[\\|<>`*_[\]]/g, '\\$&');
  const head = link === '' ? text : `[${text}](${link.replace(/[()]/g, encodeURIComponent)})`;
  return `- ${head} (${cells[1] ?? ''}, \`${namespace}/${name}\`)`;
}
