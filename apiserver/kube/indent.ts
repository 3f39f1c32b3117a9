import { ByteChunks } from './byte-chunks.ts';

/** Compact JSON as it streams by, indented by two spaces: what people at a terminal or browser get (L15). */
export function* indent(chunks: Iterable<Buffer>): Generator<Buffer> {
  const indenter = new Indenter();
  for (const chunk of chunks) {
    indenter.write(chunk);
    yield* indenter.out.takeFull();
  }
  indenter.out.text('\n');
  yield* indenter.out.takeAll();
}

class Indenter {
  readonly out = new ByteChunks();
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Just after an opening bracket: an empty object or list stays on one line. */
  #opened = false;

  write(chunk: Buffer): void {
    let from = 0;
    for (let index = 0; index < chunk.length; index++) {
      const character = String.fromCharCode(chunk[index] as number);
      if (this.#inString) {
        this.#insideString(character);
        continue;
      }
      const { before, after, drop } = this.#between(character);
      if (before === '' && after === '' && !drop) continue;
      this.out.append(chunk, from, index);
      this.out.text(drop ? '' : before + character + after);
      from = index + 1;
    }
    this.out.append(chunk, from);
  }

  #insideString(character: string): void {
    if (this.#escaped) this.#escaped = false;
    else if (character === '\\') this.#escaped = true;
    else if (character === '"') this.#inString = false;
  }

  #between(character: string): { before: string; after: string; drop: boolean } {
    if (character === '\n' || character === ' ') return { before: '', after: '', drop: true };
    if (character === ',') return { before: '', after: this.#newLine(), drop: false };
    if (character === ':') return { before: '', after: ' ', drop: false };
    if (character === '}' || character === ']') {
      this.#depth--;
      const before = this.#opened ? '' : this.#newLine();
      this.#opened = false;
      return { before, after: '', drop: false };
    }
    const before = this.#opened ? this.#newLine() : '';
    this.#opened = character === '{' || character === '[';
    if (this.#opened) this.#depth++;
    if (character === '"') this.#inString = true;
    return { before, after: '', drop: false };
  }

  #newLine(): string {
    return `\n${'  '.repeat(this.#depth)}`;
  }
}
