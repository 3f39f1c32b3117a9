import { humanDuration } from '../../../crds/duration.ts';
import { SEVERITIES } from '../../../crds/issue-words.ts';
import { displayWidth } from '../../printers/table.ts';
import { trail } from '../state/places.ts';
import { isList, placeOf, type View } from '../state/state.ts';
import { DAY_MS } from '../state/time.ts';
import type { Connection, Scene } from './scene.ts';

/** The cluster, how much is broken, and whether this is how it is now. */
export function headerLine(scene: Scene): string {
  const { look, state, place, counts } = scene;
  const { columns } = state.size;
  const { text, role } = connectionText(scene.connection, scene);
  const right = `${text} `;
  const numbers = SEVERITIES.map((severity, at) => ({ severity, text: `${counts[at] ?? 0} ${severity}` }));
  const left = ` faultline ${look.symbols.dot} `;
  const numbersWidth = numbers.reduce((sum, each) => sum + each.text.length + 2, 0);
  const room = columns - displayWidth(left) - numbersWidth - displayWidth(right) - 1;
  const where = look.cut(place, Math.max(0, room));
  const painted = numbers
    .map((each, at) => ((counts[at] ?? 0) > 0 ? look.paint(each.severity, each.text) : look.paint('dim', each.text)))
    .join('  ');
  const used = displayWidth(left) + displayWidth(where) + numbersWidth;
  if (room < 4) return look.paint('strong', left) + look.paint(role, look.cut(right, columns - displayWidth(left)));
  const gap = ' '.repeat(Math.max(1, columns - used - displayWidth(right)));
  return `${look.paint('strong', left)}${where}  ${painted}${gap}${look.paint(role, right)}`;
}

export function connectionText(
  connection: Connection,
  { look, now }: Pick<Scene, 'look' | 'now'>,
): { text: string; role: 'good' | 'warning' | 'error' | 'dim' } {
  const { live, lost, ellipsis } = look.symbols;
  switch (connection.kind) {
    case 'connecting':
      return { text: `${lost} connecting${ellipsis}`, role: 'warning' };
    case 'loading': {
      const of = connection.of === undefined ? '' : ` of ${connection.of}`;
      const rows = connection.rows === 0 ? ellipsis : ` ${connection.rows}${of}`;
      return { text: `${lost} loading${rows}`, role: 'warning' };
    }
    case 'live':
      return { text: `${live} live`, role: 'good' };
    case 'still':
      return { text: 'not live', role: 'dim' };
    case 'lost':
      return { text: `${lost} lost ${humanDuration(Math.max(0, now - connection.since))} ago`, role: 'error' };
    case 'refused':
      return { text: `${lost} refused`, role: 'error' };
    default:
      return connection satisfies never;
  }
}

/** The way here, what the list is narrowed to; and the namespaces of the number keys, or the time. */
export function placeLine(scene: Scene): string {
  const { look, state } = scene;
  const { columns } = state.size;
  const { view } = placeOf(state);
  const crumbs = trail(state)
    .map((place, at, places) => crumbOf(place.view, places[at - 1]?.view))
    .join(` ${look.symbols.crumb} `);
  const facts = [
    ...(isList(view) && view.filter !== '' ? [`/${view.filter}`] : []),
    ...(view.kind === 'issues' && view.grouping !== 'none' ? [`by ${view.grouping}`] : []),
    ...(view.kind === 'issues' && state.options.sort !== 'severity' ? [`sorted by ${state.options.sort}`] : []),
    ...(state.options.all && view.kind === 'issues' ? ['all'] : []),
    ...(state.marked.size > 0 ? [`${state.marked.size} marked`] : []),
  ];
  const left = ` ${crumbs}${facts.map((fact) => `  ${fact}`).join('')}`;
  const asOf = 'asOf' in view ? view.asOf : undefined;
  const right = asOf === undefined ? shortcutsText(scene) : scrubber(scene, asOf);
  const shown = look.cut(left, columns);
  const room = columns - displayWidth(shown) - 2;
  if (displayWidth(right) > room && asOf === undefined) return look.paint('strong', shown);
  if (asOf !== undefined) {
    const kept = look.cut(left, Math.max(10, columns - displayWidth(right) - 2));
    const gap = ' '.repeat(Math.max(1, columns - displayWidth(kept) - displayWidth(right) - 1));
    return `${look.paint('strong', kept)}${gap}${look.paint('warning', right)}`;
  }
  return `${look.paint('strong', shown)}${' '.repeat(room - displayWidth(right) + 1)}${look.paint('dim', right)}`;
}

/** Who came from a list sees what it is of. */
export function crumbOf(view: View, before?: View): string {
  if (view.kind === 'issues' && before?.kind === 'group') return titleOf({ ...view, group: undefined });
  const title = titleOf(view);
  if (view.kind !== 'evidence' && view.kind !== 'subject' && view.kind !== 'ledger') return title;
  return before !== undefined && 'name' in before && before.name === view.name ? title : `${view.name} ${title}`;
}

export function titleOf(view: View): string {
  switch (view.kind) {
    case 'issues':
      return [
        view.asOf === undefined ? 'issues' : 'history',
        ...(view.group === undefined ? [] : [`of ${view.group}`]),
        ...(view.namespace === undefined ? [] : [`in ${view.namespace}`]),
      ].join(' ');
    case 'groups':
    case 'namespaces':
    case 'controllers':
    case 'help':
      return view.kind;
    case 'group':
      return view.name;
    case 'issue':
      return view.name;
    case 'evidence':
    case 'subject':
    case 'ledger':
      return view.kind;
    default:
      return view satisfies never;
  }
}

function shortcutsText({ state }: Scene): string {
  const { view } = placeOf(state);
  if (!isList(view)) return '';
  return ['0 all', ...state.shortcuts.map((namespace, at) => `${at + 1} ${namespace}`)].join('  ');
}

/** How far back: a week is the whole line, and what is older is at its end. */
function scrubber({ look, now }: Scene, at: number): string {
  const cells = 14;
  const ago = now - at;
  const knob = Math.max(0, Math.round(cells * (1 - ago / (7 * DAY_MS))));
  const { bar, knob: sign } = look.symbols;
  const line = `${bar.repeat(knob)}${sign}${bar.repeat(cells - knob)}`;
  const time = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  return `7d ${line} now  ${time}Z, ${humanDuration(ago)} ago`;
}
