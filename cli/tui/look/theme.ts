/** What a piece of text means; a theme says how it looks. */
export const ROLES = [
  ...(['critical', 'major', 'minor', 'info', 'resolved', 'dim', 'strong', 'key', 'selected', 'header'] as const),
  ...(['group', 'good', 'warning', 'error', 'marked'] as const),
] as const;
export type Role = (typeof ROLES)[number];

export const THEME_NAMES = ['dark', 'light', 'high-contrast', 'colour-blind'] as const;
export type ThemeName = (typeof THEME_NAMES)[number];

/** Parameters of SGR (ECMA-48 8.3.117); empty: as the terminal writes. */
export type Theme = Readonly<Record<Role, string>>;

const plain = {
  strong: '1',
  selected: '7',
  header: '1',
  group: '1',
} as const;

/** Without colours (https://no-color.org): weight and inversion stay. */
export const COLOURLESS: Theme = {
  ...plain,
  ...{
    critical: '1',
    major: '',
    minor: '',
    info: '',
    resolved: '',
    dim: '',
    key: '1',
    good: '',
    warning: '',
    error: '1',
  },
  marked: '4',
};

export const THEMES: Readonly<Record<ThemeName, Theme>> = {
  dark: {
    ...plain,
    ...{ critical: '1;91', major: '93', minor: '96', info: '37', resolved: '90', dim: '90', key: '96' },
    ...{ good: '92', warning: '93', error: '1;91', marked: '95' },
  },
  light: {
    ...plain,
    ...{ critical: '1;31', major: '35', minor: '34', info: '30', resolved: '90', dim: '90', key: '34' },
    ...{ good: '32', warning: '35', error: '1;31', marked: '35' },
  },
  'high-contrast': {
    ...plain,
    ...{ critical: '1;97;41', major: '1;93', minor: '1;96', info: '97', resolved: '37', dim: '37', key: '1;93' },
    ...{ good: '1;92', warning: '1;93', error: '1;97;41', marked: '1;95' },
  },
  // Okabe and Ito's vermillion, orange and sky blue: told apart with every common colour vision deficiency.
  'colour-blind': {
    ...plain,
    ...{
      critical: '1;38;5;202',
      major: '38;5;214',
      minor: '38;5;74',
      info: '37',
      resolved: '90',
      dim: '90',
      key: '38;5;74',
    },
    ...{ good: '38;5;36', warning: '38;5;214', error: '1;38;5;202', marked: '38;5;175' },
  },
};

export function paint(theme: Theme, role: Role, text: string): string {
  const sgr = theme[role];
  return sgr === '' || text === '' ? text : `\u001b[${sgr}m${text}\u001b[0m`;
}
