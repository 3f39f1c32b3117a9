import type { Action } from '../state/action.ts';
import type { Act, View } from '../state/state.ts';
import { DAY_MS, HOUR_MS } from '../state/time.ts';

/**
 * Where a key means something: in lists of issues, in other lists, in that of groups, in documents of an issue, in that of a
 * group, or everywhere.
 */
export type Where = 'issues' | 'list' | 'groups' | 'issue' | 'group-document' | 'everywhere';

export interface Binding {
  /** The first one is shown. */
  readonly keys: readonly string[];
  readonly where: readonly Where[];
  /** The heading in the help. */
  readonly about: 'Move' | 'Look' | 'Find' | 'Arrange' | 'Act' | 'Time' | 'Leave';
  readonly help: string;
  /** A word for the last line of the screen; undefined: only the help has it. */
  readonly hint?: string;
  /** What the user needs the right to do. */
  readonly needs?: Act;
  readonly action: Action;
}

const LIST: readonly Where[] = ['list', 'issues'];
const ISSUE: readonly Where[] = ['issues', 'issue'];
const ALL: readonly Where[] = ['everywhere'];

/** Every key: what it does, and what the help says of it, are one table. */
// biome-ignore format: one line a key
export const BINDINGS: readonly Binding[] = [
  { keys: ['j', 'down'], where: ALL, about: 'Move', help: 'down', action: { kind: 'move', by: 1 } },
  { keys: ['k', 'up'], where: ALL, about: 'Move', help: 'up', action: { kind: 'move', by: -1 } },
  { keys: ['ctrl-d'], where: ALL, about: 'Move', help: 'half a page down', action: { kind: 'page', pages: 0.5 } },
  { keys: ['ctrl-u'], where: ALL, about: 'Move', help: 'half a page up', action: { kind: 'page', pages: -0.5 } },
  { keys: ['ctrl-f', 'pagedown'], where: ALL, about: 'Move', help: 'a page down', action: { kind: 'page', pages: 1 } },
  { keys: ['ctrl-b', 'pageup'], where: ALL, about: 'Move', help: 'a page up', action: { kind: 'page', pages: -1 } },
  { keys: ['g', 'home'], where: ALL, about: 'Move', help: 'to the top', action: { kind: 'top' } },
  { keys: ['G', 'end'], where: ALL, about: 'Move', help: 'to the bottom', action: { kind: 'bottom' } },

  { keys: ['enter', 'right', 'd'], where: ['issues'], about: 'Look', help: 'into what is selected', hint: 'details', action: { kind: 'enter' } },
  { keys: ['enter', 'right'], where: ['list', 'group-document'], about: 'Look', help: 'its open issues', hint: 'issues', action: { kind: 'enter' } },
  { keys: ['d'], where: ['groups'], about: 'Look', help: 'what the issues of the group have in common', hint: 'details', action: { kind: 'details' } },
  { keys: ['d'], where: ['list'], about: 'Look', help: '', action: { kind: 'details' } },
  { keys: ['l'], where: ISSUE, about: 'Look', help: 'evidence: what showed it; and the log of its Pod as it is written', hint: 'logs', action: { kind: 'look', at: 'evidence' } },
  { keys: ['e'], where: ISSUE, about: 'Look', help: 'the subject as YAML', hint: 'yaml', action: { kind: 'look', at: 'subject' } },
  { keys: ['x'], where: ISSUE, about: 'Look', help: 'what the controllers make of the object', action: { kind: 'look', at: 'ledger' } },
  { keys: ['o'], where: ISSUE, about: 'Look', help: 'open the link in the browser', hint: 'open', action: { kind: 'open' } },
  { keys: ['y'], where: ISSUE, about: 'Look', help: 'copy the name', hint: 'copy', action: { kind: 'copy', what: 'name' } },
  { keys: ['Y'], where: ISSUE, about: 'Look', help: 'copy the link', action: { kind: 'copy', what: 'link' } },
  { keys: ['M'], where: ISSUE, about: 'Look', help: 'copy as Markdown', action: { kind: 'copy', what: 'markdown' } },

  { keys: ['/'], where: ['everywhere'], about: 'Find', help: 'filter: text, sev:critical, ns:team-*, age>1h, !type:test, /regex/, ~fuzzy', hint: 'filter', action: { kind: 'prompt', prompt: 'filter' } },
  { keys: [':'], where: ALL, about: 'Find', help: 'command line', hint: 'command', action: { kind: 'prompt', prompt: 'command' } },
  { keys: ['0'], where: LIST, about: 'Find', help: 'all namespaces', action: { kind: 'shortcut', number: 0 } },
  ...Array.from({ length: 9 }, (_, index): Binding => ({
    ...{ keys: [String(index + 1)], where: LIST, about: 'Find', help: `namespace ${index + 1} of the header` },
    action: { kind: 'shortcut', number: index + 1 },
  })),

  { keys: ['w', 'ctrl-w'], where: LIST, about: 'Arrange', help: 'wide: all columns', hint: 'wide', action: { kind: 'toggle', option: 'wide' } },
  { keys: ['A'], where: LIST, about: 'Arrange', help: 'resolved issues too', action: { kind: 'toggle', option: 'all' } },
  { keys: ['t'], where: LIST, about: 'Arrange', help: 'as a tree: by namespace, application, group, severity', hint: 'tree', action: { kind: 'next', option: 'grouping' } },
  { keys: ['z'], where: ['issues'], about: 'Arrange', help: 'fold or unfold the group', action: { kind: 'fold' } },
  { keys: ['Z'], where: ['issues'], about: 'Arrange', help: 'fold or unfold all groups', action: { kind: 'fold-all' } },
  { keys: ['S'], where: LIST, about: 'Arrange', help: 'next order', action: { kind: 'next', option: 'sort' } },
  { keys: ['T'], where: ALL, about: 'Arrange', help: 'next theme', action: { kind: 'next', option: 'theme' } },
  { keys: ['ctrl-l', 'ctrl-r'], where: ALL, about: 'Arrange', help: 'draw and read again', action: { kind: 'redraw' } },

  { keys: ['space'], where: ['issues'], about: 'Act', help: 'mark, of a group all', hint: 'mark', action: { kind: 'mark' } },
  { keys: ['*'], where: ['issues'], about: 'Act', help: 'mark all, or none', action: { kind: 'mark-all' } },
  { keys: ['a'], where: ISSUE, about: 'Act', help: 'acknowledge', hint: 'ack', needs: 'acknowledge', action: { kind: 'act', act: 'acknowledge' } },
  { keys: ['r'], where: ISSUE, about: 'Act', help: 'resolve', hint: 'resolve', needs: 'resolve', action: { kind: 'act', act: 'resolve' } },
  { keys: ['s'], where: ISSUE, about: 'Act', help: 'snooze', hint: 'snooze', needs: 'snooze', action: { kind: 'act', act: 'snooze' } },

  { keys: ['['], where: ['issues'], about: 'Time', help: 'how it was an hour before', hint: 'past', action: { kind: 'scrub', by: -HOUR_MS } },
  { keys: [']'], where: ['issues'], about: 'Time', help: 'an hour later, up to now', action: { kind: 'scrub', by: HOUR_MS } },
  { keys: ['{'], where: ['issues'], about: 'Time', help: 'a day before', action: { kind: 'scrub', by: -DAY_MS } },
  { keys: ['}'], where: ['issues'], about: 'Time', help: 'a day later, up to now', action: { kind: 'scrub', by: DAY_MS } },

  { keys: ['?'], where: ALL, about: 'Leave', help: 'this help, or away with it', hint: 'help', action: { kind: 'help' } },
  { keys: ['esc'], where: ALL, about: 'Leave', help: 'out of help, marks, the past, the filter, the view', action: { kind: 'escape' } },
  { keys: ['backspace', 'ctrl-o', 'left', 'h'], where: ALL, about: 'Leave', help: 'back', action: { kind: 'back' } },
  { keys: ['tab'], where: ALL, about: 'Leave', help: 'forward', action: { kind: 'forward' } },
  { keys: ['q'], where: ALL, about: 'Leave', help: 'back, and at the first view out', hint: 'quit', action: { kind: 'leave' } },
  { keys: ['ctrl-c'], where: ALL, about: 'Leave', help: 'out', action: { kind: 'quit' } },
];

/** The binding of a key in a view. */
export function bindingOf(key: string, view: View): Binding | undefined {
  return BINDINGS.find(({ keys, where }) => keys.includes(key) && appliesTo(where, view));
}

export function bindingsOf(view: View): readonly Binding[] {
  return BINDINGS.filter(({ where }) => appliesTo(where, view));
}

function appliesTo(where: readonly Where[], view: View): boolean {
  return where.some((each) => {
    switch (each) {
      case 'everywhere':
        return true;
      case 'issues':
        return view.kind === 'issues';
      case 'list':
        return view.kind === 'groups' || view.kind === 'namespaces' || view.kind === 'controllers';
      case 'groups':
        return view.kind === 'groups';
      case 'group-document':
        return view.kind === 'group';
      case 'issue':
        return 'namespace' in view && 'name' in view;
      default:
        return each satisfies never;
    }
  });
}
