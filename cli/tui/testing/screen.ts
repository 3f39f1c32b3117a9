/**
 * What a terminal would show of what was written to it: as much of ECMA-48 as Ink uses. An unknown sequence is an error:
 * the test would look at another screen than the user.
 */
export class Screen {
  readonly #rows: string[][] = [[]];
  #row = 0;
  #column = 0;
  #rest = '';
  /** Of the alternate screen. */
  alternate = false;
  cursorShown = true;
  /** What was put on the clipboard. */
  clipboard: string | undefined;

  write(data: string): void {
    const text = this.#rest + data;
    this.#rest = '';
    let at = 0;
    while (at < text.length) {
      const character = text[at] as string;
      if (character === '\u001b') {
        const [whole, parameters = '', final = ''] = SEQUENCE.exec(text.slice(at)) ?? [];
        if (whole === undefined) {
          this.#rest = text.slice(at);
          return;
        }
        if (final === '') this.#operatingSystem(whole);
        else this.#control(parameters, final);
        at += whole.length;
        continue;
      }
      this.#put(String.fromCodePoint(text.codePointAt(at) as number));
      at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
    }
  }

  /** Without spaces at the ends of lines. */
  lines(): string[] {
    return this.#rows.map((row) =>
      Array.from(row, (cell = ' ') => cell)
        .join('')
        .trimEnd(),
    );
  }

  text(): string {
    return this.lines().join('\n');
  }

  #put(character: string): void {
    if (character === '\n') {
      this.#to(this.#row + 1, 0);
      return;
    }
    if (character < ' ') return;
    const row = this.#rows[this.#row] as string[];
    row[this.#column++] = character;
  }

  #to(row: number, column: number): void {
    this.#row = Math.max(0, row);
    this.#column = Math.max(0, column);
    while (this.#rows.length <= this.#row) this.#rows.push([]);
  }

  #control(parameters: string, final: string): void {
    const count = Number(parameters.split(';')[0] || 1);
    switch (final) {
      case 'A':
        this.#to(this.#row - count, this.#column);
        return;
      case 'B':
        this.#to(this.#row + count, this.#column);
        return;
      case 'E':
        this.#to(this.#row + count, 0);
        return;
      case 'G':
        this.#to(this.#row, count - 1);
        return;
      case 'H':
        this.#to(count - 1, 0);
        return;
      case 'J':
        this.#rows.splice(this.#row + 1);
        (this.#rows[this.#row] as string[]).splice(this.#column);
        return;
      case 'K':
        if (parameters === '2') this.#rows[this.#row] = [];
        else (this.#rows[this.#row] as string[]).splice(this.#column);
        return;
      case 'm':
        return;
      case 'h':
      case 'l':
        this.#mode(parameters, final === 'h');
        return;
      default:
        throw new Error(`this screen does not know CSI ${parameters} ${final}`);
    }
  }

  #mode(mode: string, on: boolean): void {
    if (mode === '?25') this.cursorShown = on;
    if (mode !== '?1049') return;
    this.alternate = on;
    this.#rows.splice(0, this.#rows.length, []);
    this.#to(0, 0);
  }

  #operatingSystem(sequence: string): void {
    const [, base64] = /^\u001b\]52;c;([A-Za-z0-9+/=]*)\u0007$/.exec(sequence) ?? [];
    if (base64 === undefined) throw new Error(`this screen does not know ${JSON.stringify(sequence)}`);
    this.clipboard = Buffer.from(base64, 'base64').toString('utf8');
  }
}

const SEQUENCE = /^\u001b(?:\[([0-9;?]*)([A-Za-z])|\][^\u0007]*\u0007)/;
