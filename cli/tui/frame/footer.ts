import { humanDuration } from '../../../crds/duration.ts';
import { displayWidth } from '../../printers/table.ts';
import { type Binding, bindingsOf } from '../keys/bindings.ts';
import { type Act, isList, type Prompt, placeOf } from '../state/state.ts';
import type { Scene } from './scene.ts';
import { pageOf } from './scene.ts';

/** What is typed, or told; and on the right how far one has come. */
export function messageLine(scene: Scene): string {
  const { look, state } = scene;
  const { columns } = state.size;
  const position = positionText(scene);
  const room = columns - displayWidth(position) - 2;
  const right = look.paint('dim', position);
  if (state.prompt !== undefined) {
    const { text, width } = promptText(scene, state.prompt, room);
    return `${text}${' '.repeat(Math.max(1, columns - width - displayWidth(position) - 1))}${right}`;
  }
  const told =
    state.notice ??
    (scene.filterFault === undefined ? troubleOf(scene) : { text: scene.filterFault, role: 'error' as const });
  const text = ` ${look.cut(told?.text ?? '', room - 1)}`;
  const gap = ' '.repeat(Math.max(1, columns - displayWidth(text) - displayWidth(position) - 1));
  return `${told === undefined ? text : look.paint(told.role, text)}${gap}${right}`;
}

/** Why nothing comes, and when it is tried again; where there is nothing to show, the body says so. */
function troubleOf({ connection, now, lines }: Scene): { text: string; role: 'error' } | undefined {
  if ((connection.kind !== 'lost' && connection.kind !== 'refused') || lines.count === 0) return undefined;
  const wait = humanDuration(Math.max(0, connection.again - now));
  return { text: `again in ${wait} (ctrl-l now): ${connection.why}`, role: 'error' };
}

/** The line that is typed with its cursor, scrolled so that the cursor is seen. */
function promptText({ look, filterFault }: Scene, prompt: Prompt, room: number): { text: string; width: number } {
  const before = ` ${titleOf(prompt)}`;
  const { text, at } = prompt.edit;
  const free = Math.max(8, room - displayWidth(before) - 1);
  const from = Math.max(0, at - free + 1);
  const shown = look.plain(text.slice(from, from + free));
  const cursor = at - from;
  const under = shown[cursor] ?? ' ';
  const fault =
    prompt.kind === 'filter' && filterFault !== undefined
      ? `  ${look.cut(filterFault, room - displayWidth(before) - shown.length - 4)}`
      : '';
  const typed = `${shown.slice(0, cursor)}${look.paint('selected', under)}${shown.slice(cursor + 1)}`;
  return {
    text: `${look.paint('key', before)}${typed}${look.paint('error', fault)}`,
    width:
      displayWidth(before) +
      Math.max(displayWidth(shown), displayWidth(shown.slice(0, cursor)) + 1) +
      displayWidth(fault),
  };
}

export function titleOf(prompt: Prompt): string {
  switch (prompt.kind) {
    case 'filter':
      return '/';
    case 'command':
      return ':';
    case 'act': {
      const [first = ''] = prompt.keys;
      const what = prompt.keys.length === 1 ? first : `${prompt.keys.length} issues`;
      return `${prompt.act} ${what}? ${ASKED[prompt.act]}: `;
    }
    case 'confirm':
      return `${prompt.act} ${prompt.keys.length} issues? y/N: `;
    default:
      return prompt satisfies never;
  }
}

const ASKED: Readonly<Record<Act, string>> = { resolve: 'why', acknowledge: 'why', snooze: 'how long, why' };

function positionText({ state, lines, listing }: Scene): string {
  const { view, cursor } = placeOf(state);
  if (isList(view)) {
    const count = lines.count === 0 ? 'none' : `${cursor.index + 1}/${lines.count}`;
    const issues = listing !== undefined && listing.size !== lines.count ? ` (${listing.size} issues)` : '';
    return `${count}${issues}`;
  }
  const page = pageOf(state.size.rows);
  if (lines.count <= page) return 'all';
  const last = Math.min(lines.count, cursor.top + page);
  return `${Math.round((100 * last) / lines.count)} %`;
}

/** The keys that matter here; while something is typed, what it may become. */
export function hintLine(scene: Scene): string {
  const { look, state } = scene;
  const { columns } = state.size;
  if (state.prompt !== undefined) return look.paint('dim', look.cut(` ${promptHint(scene, state.prompt)}`, columns));
  let used = 1;
  let line = ' ';
  const bindings = bindingsOf(placeOf(state).view).toSorted((a, b) => rankOf(a) - rankOf(b));
  for (const { keys, hint, needs } of bindings) {
    if (hint === undefined) continue;
    const [key = ''] = keys;
    const width = key.length + hint.length + 3;
    if (used + width > columns) continue;
    used += width;
    const isDenied = needs !== undefined && scene.denied(needs);
    line += isDenied ? look.paint('dim', `(${key} ${hint}) `) : `${look.paint('key', key)} ${hint}  `;
  }
  return line;
}

/** What is told first where there is little room. */
const HINTS: readonly string[] = [
  ...['issues', 'details', 'filter', 'ack', 'resolve', 'snooze', 'logs', 'help', 'command', 'mark', 'tree', 'past'],
];

function rankOf({ hint = '' }: Binding): number {
  const at = HINTS.indexOf(hint);
  return at < 0 ? HINTS.length : at;
}

/** Who is acted upon together is named, and how many of them nobody sees. */
export function aboutWhom({ lines, listing }: Scene, keys: readonly string[]): string {
  // In a tree some are in groups that are folded.
  const inGroups = listing === undefined || listing.size === lines.count ? [] : listing.rowsOf().map((row) => row.key);
  const folded = new Set(inGroups);
  const away = keys.filter((key) => !folded.has(key) && lines.indexOf(key) < 0).length;
  const first = keys.slice(0, NAMED).join(', ');
  return `${away === 0 ? '' : `${away} of ${keys.length} not in this list: `}${first}${keys.length > NAMED ? ', ...' : ''}`;
}

const NAMED = 3;

function promptHint(scene: Scene, prompt: Prompt): string {
  const { candidates } = scene;
  switch (prompt.kind) {
    case 'filter':
      return 'text  sev:critical  ns:team-*  age>1h  is:acked  !type:test  /regex/  ~fuzzy   enter keep  esc undo';
    case 'command':
      return candidates.length === 0 ? 'enter run  esc away' : `tab: ${candidates.join('  ')}`;
    case 'act':
      return prompt.keys.length === 1
        ? 'enter do it  esc away'
        : `${aboutWhom(scene, prompt.keys)}  enter go on  esc away`;
    case 'confirm':
      return `${aboutWhom(scene, prompt.keys)}  y enter do it  esc away`;
    default:
      return prompt satisfies never;
  }
}
