import { cut, cutMiddle, filled } from '../../printers/width.ts';
import { ASCII, type Symbols, UNICODE } from './symbols.ts';
import { COLOURLESS, paint, type Role, THEMES, type Theme, type ThemeName } from './theme.ts';

/** How everything is drawn: colours and symbols, and text that fits. */
export class Look {
  readonly symbols: Symbols;
  readonly #theme: Theme;
  readonly #unicode: boolean;

  constructor(choice: { readonly theme: ThemeName; readonly colours: boolean; readonly unicode: boolean }) {
    this.#theme = choice.colours ? THEMES[choice.theme] : COLOURLESS;
    this.#unicode = choice.unicode;
    this.symbols = choice.unicode ? UNICODE : ASCII;
  }

  paint(role: Role, text: string): string {
    return paint(this.#theme, role, text);
  }

  /** In exactly so many cells. */
  filled(text: string, width: number): string {
    return filled(this.plain(text), width, this.symbols.ellipsis);
  }

  /** In at most so many cells. */
  cut(text: string, width: number): string {
    return cut(this.plain(text), width, this.symbols.ellipsis);
  }

  /** A name in at most so many cells, with its beginning and its end. */
  cutMiddle(text: string, width: number): string {
    return cutMiddle(this.plain(text), width, this.symbols.ellipsis);
  }

  /** What the terminal can show. */
  plain(text: string): string {
    return this.#unicode ? text : text.replace(/[^\x20-\x7e]/gu, (character) => FOLDED[character] ?? '?');
  }
}

const FOLDED: Readonly<Record<string, string>> = {
  '…': '~',
  '–': '-',
  '—': '-',
  '→': '>',
  '“': '"',
  '”': '"',
  '’': "'",
};
