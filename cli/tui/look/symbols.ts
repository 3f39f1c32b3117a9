/** What is drawn besides text: for terminals with Unicode, and for those without. */
export interface Symbols {
  readonly expanded: string;
  readonly collapsed: string;
  readonly marked: string;
  readonly acknowledged: string;
  readonly snoozed: string;
  readonly ellipsis: string;
  readonly crumb: string;
  readonly dot: string;
  readonly live: string;
  readonly lost: string;
  readonly bar: string;
  readonly knob: string;
  readonly more: string;
}

export const UNICODE: Symbols = {
  expanded: '▾',
  collapsed: '▸',
  marked: '●',
  acknowledged: '✓',
  snoozed: '☾',
  ellipsis: '…',
  crumb: '›',
  dot: '·',
  live: '●',
  lost: '○',
  bar: '─',
  knob: '◆',
  more: '↓',
};

export const ASCII: Symbols = {
  expanded: 'v',
  collapsed: '>',
  marked: '*',
  acknowledged: 'a',
  snoozed: 'z',
  ellipsis: '~',
  crumb: '>',
  dot: '-',
  live: '*',
  lost: '!',
  bar: '-',
  knob: '#',
  more: 'v',
};

/** Whether the locale says that the terminal shows UTF-8; without any locale it is believed to, as today's do. */
export function showsUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return env.TERM !== 'linux' && (locale === undefined || locale === '' || /utf-?8/i.test(locale));
}
