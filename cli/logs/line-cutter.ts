/** So much of a line is kept for a screen. */
export const LONGEST_LINE = 4_096;

/**
 * Lines of a text that arrives in pieces, however it was cut. They end with \n, \r\n, or \r as those of who draws progress.
 * What a line has beyond `longest` characters is dropped as it arrives: a line that never ends takes no memory, and no
 * time again.
 */
export class LineCutter {
  readonly #longest: number;
  #rest = '';
  /** The last piece ended with \r: a \n that follows belongs to it. */
  #isReturned = false;

  constructor(longest = LONGEST_LINE) {
    this.#longest = longest;
  }

  /** The lines that end in this piece. */
  push(piece: string): string[] {
    const text = this.#isReturned && piece.startsWith('\n') ? piece.slice(1) : piece;
    if (piece !== '') this.#isReturned = piece.endsWith('\r');
    const lines = text.split(/\r\n?|\n/).map((line) => line.slice(0, this.#longest));
    // What is whole is not copied again for each piece of which nothing is kept.
    const isFull = this.#rest.length >= this.#longest;
    lines[0] = isFull ? this.#rest : `${this.#rest}${lines[0]}`.slice(0, this.#longest);
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  /** The line that never ended, when there is one. */
  end(): string[] {
    return this.#rest === '' ? [] : [this.#rest];
  }
}
