/** A report, or what should be one, and the line on which it begins, from 1. */
export interface Placed {
  readonly value: unknown;
  readonly line: number;
}

/** The text is no JSON from this line on. `read`: so many values before it are whole. */
export class NotJson extends Error {
  readonly line: number;
  readonly read: number;

  constructor(message: string, line: number, read: number) {
    super(message);
    this.line = line;
    this.read = read;
  }
}

/** Lists of lists of lists: nobody writes them. */
const DEEPEST = 8;

/**
 * The values of a text of JSON, one after the other as `jq` and log files have them, each with its line: those in arrays
 * and in the `items` of lists one by one. Throws NotJson.
 */
export function jsonValues(text: string): Placed[] {
  return new Reader(text).all();
}

/** JSON.parse says what a value is; this only finds where it begins and ends. */
class Reader {
  readonly #text: string;
  readonly #found: Placed[] = [];
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  all(): Placed[] {
    this.#space();
    while (this.#at < this.#text.length) {
      this.#value(0);
      this.#space();
    }
    return this.#found;
  }

  #value(depth: number): void {
    if (depth > DEEPEST) throw this.#fault('lists in lists go too deep');
    if (this.#next() === '[') {
      this.#array(depth);
      return;
    }
    const [from, line] = [this.#at, this.#line];
    this.#skip();
    const end = [this.#at, this.#line] as const;
    const value = this.#parse(from, line);
    if (typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items)) {
      [this.#at, this.#line] = [from, line];
      this.#items(depth);
      [this.#at, this.#line] = end;
    } else this.#found.push({ value, line });
  }

  #parse(from: number, line: number): unknown {
    try {
      return JSON.parse(this.#text.slice(from, this.#at)) as unknown;
    } catch (error) {
      throw new NotJson((error as Error).message, line, this.#found.length);
    }
  }

  #array(depth: number): void {
    this.#take('[');
    if (this.#next() === ']') {
      this.#at++;
      return;
    }
    for (;;) {
      this.#value(depth + 1);
      if (this.#next() === ']') break;
      this.#take(',');
    }
    this.#at++;
  }

  /** Of an object that is known to be JSON. */
  #items(depth: number): void {
    this.#take('{');
    for (;;) {
      this.#space();
      const from = this.#at;
      this.#skip();
      const key = JSON.parse(this.#text.slice(from, this.#at)) as string;
      this.#take(':');
      this.#space();
      if (key === 'items' && this.#next() === '[') this.#array(depth + 1);
      else this.#skip();
      if (this.#next() !== ',') return;
      this.#take(',');
    }
  }

  /** To the end of a value: of its brackets, or of a word. */
  #skip(): void {
    const begun = this.#line;
    let open = 0;
    do {
      this.#space();
      const character = this.#text[this.#at];
      if (character === undefined) throw new NotJson('it ends in the middle', begun, this.#found.length);
      if (character === '{' || character === '[') open++;
      else if (character === '}' || character === ']') open--;
      const end = character === '"' ? this.#stringEnd() : this.#wordEnd();
      if (end === undefined) throw this.#fault(`${JSON.stringify(character)} is not expected`);
      this.#at = end;
    } while (open > 0);
  }

  #wordEnd(): number | undefined {
    WORD.lastIndex = this.#at;
    return WORD.test(this.#text) ? WORD.lastIndex : undefined;
  }

  /** Behind the string that begins here; undefined: it does not end on its line. No expression: strings may have megabytes. */
  #stringEnd(): number | undefined {
    const text = this.#text;
    let quote = this.#at;
    let backslashes: number;
    do {
      quote = text.indexOf('"', quote + 1);
      if (quote < 0) return undefined;
      backslashes = 0;
      while (text[quote - 1 - backslashes] === '\\') backslashes++;
    } while (backslashes % 2 === 1);
    return text.slice(this.#at, quote).includes('\n') ? undefined : quote + 1;
  }

  #next(): string | undefined {
    this.#space();
    return this.#text[this.#at];
  }

  #take(wanted: string): void {
    if (this.#next() !== wanted) throw this.#fault(`${JSON.stringify(wanted)} is expected`);
    this.#at++;
  }

  #space(): void {
    for (;;) {
      const character = this.#text[this.#at];
      if (character === '\n') this.#line++;
      else if (character !== ' ' && character !== '\r' && character !== '\t') return;
      this.#at++;
    }
  }

  #fault(message: string): NotJson {
    return new NotJson(message, this.#line, this.#found.length);
  }
}

/** A bracket, or a word such as a number. */
const WORD = /[{}[\],:]|[^\s"{}[\],:]+/y;
