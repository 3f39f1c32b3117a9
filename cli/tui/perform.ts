import { oneLine } from '../../crds/text.ts';
import type { Row } from './rows/row.ts';
import type { Source } from './source/source.ts';
import type { Copy } from './state/action.ts';
import type { Act, Notice } from './state/state.ts';

/** So many requests at once. */
const AT_ONCE = 4;

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
  const queue = [...keys];
  const worker = async (): Promise<void> => {
    for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
      try {
        told.push(await source.act(act, key, text, signal));
      } catch (error) {
        faults.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
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

/** Puts text on the clipboard of the terminal, also over ssh and in tmux (OSC 52 of xterm's ctlseqs). */
export function clipboardSequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`;
}
