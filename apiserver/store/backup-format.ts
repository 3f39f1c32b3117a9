/**
 * What a backup looks like, before gzip: a line of JSON about the whole; of each table a line of JSON and its rows as COPY has
 * them, in pieces behind their length, up to one of length 0; a line of JSON with the counts. Text, so that `zcat` shows what
 * is in it.
 */
export interface BackupHead {
  readonly faultline: 'backup';
  /** Of this format. */
  readonly format: 1;
  readonly schemaVersion: number;
  readonly clusterId: string;
  /** RFC 3339, of the snapshot. */
  readonly takenAt: string;
  /** The greatest resourceVersion. */
  readonly lastChange: number;
  /** Months of partitioned tables, `2026-11`. */
  readonly months: readonly string[];
  /** How many rows of each table follow. */
  readonly rows: Readonly<Record<string, number>>;
}

export interface TableHead {
  readonly table: string;
  readonly columns: readonly string[];
}

export interface BackupEnd {
  /** As they were written: a file that was cut off has none. */
  readonly end: Readonly<Record<string, number>>;
}

/** The file is no backup, or not a whole one. */
export class BackupDamaged extends Error {
  override readonly name = 'BackupDamaged';
}

export function line(value: BackupHead | TableHead | BackupEnd): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

export function lengthOf(piece: Uint8Array): Buffer {
  return Buffer.from(`${piece.length}\n`);
}

export const END_OF_TABLE = Buffer.from('0\n');

/** No line of JSON, and no length, is longer. */
const MAX_LINE_BYTES = 1 << 20;

/** Reads lines and pieces of a backup, one after the other. */
export class BackupReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next line of JSON. Throws BackupDamaged. */
  async json(): Promise<unknown> {
    const text = await this.#line();
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new BackupDamaged('this is no backup of faultline, or it is damaged', { cause });
    }
  }

  /** The pieces of a table. Throws BackupDamaged. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const text = await this.#line();
      const length = Number(text);
      // A row is never cut, so a piece is as long as its longest row at least: there is no greatest length.
      if (!Number.isSafeInteger(length) || length < 0)
        throw new BackupDamaged('the backup is damaged: a length is missing');
      if (length === 0) return;
      yield await this.#bytes(length);
    }
  }

  /** Nothing follows, and what checks the whole file has checked it. Throws BackupDamaged, or what the check throws. */
  async end(): Promise<void> {
    const { done } = await this.#chunks.next();
    if (!done || this.#rest.length > 0) throw new BackupDamaged('the backup is damaged: something follows its end');
  }

  async #line(): Promise<string> {
    let end = this.#rest.indexOf(0x0a);
    while (end === -1) {
      if (this.#rest.length > MAX_LINE_BYTES) throw new BackupDamaged('this is no backup of faultline');
      await this.#more(1);
      end = this.#rest.indexOf(0x0a);
    }
    const text = this.#rest.toString('utf8', 0, end);
    this.#rest = this.#rest.subarray(end + 1);
    return text;
  }

  async #bytes(length: number): Promise<Buffer> {
    if (this.#rest.length < length) await this.#more(length - this.#rest.length);
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  /** Joined once, however many chunks it takes. */
  async #more(atLeast: number): Promise<void> {
    const chunks: Uint8Array[] = [this.#rest];
    for (let read = 0; read < atLeast; ) {
      const next = await this.#chunks.next();
      if (next.done) throw new BackupDamaged('the backup ends too early: it was cut off');
      chunks.push(next.value);
      read += next.value.length;
    }
    this.#rest = Buffer.concat(chunks);
  }
}
