import type { Runnable } from '../command.ts';

/** The list of commands by what people want, in this order. */
const SECTIONS: readonly (readonly [string, readonly string[]])[] = [
  [
    'See what is broken:',
    [
      ...['get', 'ui', 'describe', 'search', 'open', 'history', 'logs', 'evidence', 'groups', 'top', 'stats'],
      ...['list', 'details'],
    ],
  ],
  ['Act on issues:', ['resolve', 'acknowledge', 'snooze', 'assign', 'due', 'comment']],
  ['Find out why:', ['explain', 'doctor', 'replay']],
  [
    'Run Faultline:',
    [
      'up',
      'server',
      'controllers',
      'config',
      'rbac',
      'trusted-tasks',
      'backup',
      'restore',
      'migrate',
      'import',
      'uninstall',
    ],
  ],
  [
    'Report, and write controllers, rules and receivers:',
    ['report', 'rule', 'receiver', 'new', 'record', 'conformance'],
  ],
  ['This program:', ['completion', 'version']],
];
const MORE = 'More:';

/** The same commands, each in its section and in its place there. */
export function inSections(commands: readonly Runnable[]): Runnable[] {
  const placed = SECTIONS.flatMap(([section, names]) =>
    names.flatMap((name) => commands.filter((command) => command.name === name)).map((one) => ({ ...one, section })),
  );
  const known = new Set(placed.map(({ name }) => name));
  return [...placed, ...commands.filter(({ name }) => !known.has(name)).map((one) => ({ ...one, section: MORE }))];
}
