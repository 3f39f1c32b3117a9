import { COMMAND_LINES } from '../command-line/commands.ts';
import { bindingsOf } from '../keys/bindings.ts';
import type { View } from '../state/state.ts';

/** The keys of a view, the language of filters and the command line: made from the tables that decide what they do. */
export function helpLines(view: View): string[] {
  const bindings = bindingsOf(view).filter(({ help }) => help !== '');
  const headings = [...new Set(bindings.map(({ about }) => about))];
  return [
    ...headings.flatMap((heading) => [
      `${heading}:`,
      ...bindings
        .filter(({ about }) => about === heading)
        .map(({ keys, help }) => `  ${keys.join(' ').padEnd(20)} ${help}`),
      '',
    ]),
    'Filter:',
    ...FILTER_HELP.map(([example, meaning]) => `  ${example.padEnd(30)} ${meaning}`),
    '',
    'Commands:',
    ...COMMAND_LINES.map(({ name, aliases = [], parameter = '', summary }) => {
      const also = aliases.length === 0 ? '' : ` (${aliases.join(', ')})`;
      return `  ${`:${name} ${parameter}`.padEnd(30)} ${summary}${also}`;
    }),
  ];
}

export const FILTER_HELP: readonly (readonly [string, string])[] = [
  ['timeout "exit 1"', 'both texts, anywhere'],
  ['sev:critical,major ns:team-*', 'one of these; * is anything'],
  ['sev>=major', 'at least as bad'],
  ['age>1h seen<5m', 'how long it lasts, when it was last seen'],
  ['count>=3 reopened>0', 'how often'],
  ['is:acked is:snoozed is:flapping', 'also assigned, due, absent, linked'],
  ['!type:test !is:acked', 'not'],
  ['app:shop comp:web group:CVE-*', 'also name, title, type, reason, source, subject, assignee'],
  ['/oom|killed/ re:^web', 'regular expressions'],
  ['~pymt', 'these characters in this order'],
];
