/**
 * Reads of a JSON text only what is wanted. A PipelineRun of 75 KB has 60 KB that no controller declares: here they are
 * skipped byte by byte, without a string, an object or a copy of them, which is what makes a list of thousands cheap
 * in time and in garbage.
 */

/** What is wanted of a value: all of it, nothing of it, or of its members (and of the items of a list) some. */
export type Shape = boolean | MemberShape;

export interface MemberShape {
  /** By name. */
  readonly members: ReadonlyMap<string, Shape>;
  /** What of the members that are not named. */
  readonly others: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
/** What one large object needed is not kept for the small ones that follow. */
const KEPT_BYTES = 1_048_576;

interface CompiledMember {
  /** The name between its quotes. */
  readonly name: Buffer;
  readonly shape: CompiledShape;
}

type CompiledShape = boolean | { readonly members: readonly CompiledMember[]; readonly others: boolean };

class Confused extends Error {}

/**
 * A reader for texts of one shape. What is not wanted is only looked at as far as its end has to be found: a fault in it
 * that keeps quotes and brackets in pairs goes unnoticed. One reader is used by one stream: it reuses its buffer.
 */
export class JsonProjection {
  readonly #shape: CompiledShape;
  #in: Buffer = Buffer.alloc(0);
  #end = 0;
  #at = 0;
  #out: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(shape: Shape) {
    this.#shape = compile(shape);
  }

  /** As `JSON.parse` of the wanted part. Throws a SyntaxError for what is no JSON text. */
  parse(bytes: Buffer): unknown {
    if (this.#shape === true) return JSON.parse(bytes.toString('utf8'));
    try {
      this.#begin(bytes);
      this.#value(this.#shape);
      this.#space();
      if (this.#at < this.#end) throw new Confused();
      return JSON.parse(this.#out.toString('utf8', 0, this.#length));
    } catch (error) {
      // The engine's own parser says what is wrong with it, or reads what this one does not understand.
      if (error instanceof Confused || error instanceof SyntaxError) return JSON.parse(bytes.toString('utf8'));
      throw error;
    } finally {
      this.#in = Buffer.alloc(0);
      if (this.#out.length > KEPT_BYTES) this.#out = Buffer.alloc(0);
    }
  }

  #begin(bytes: Buffer): void {
    this.#in = bytes;
    this.#end = bytes.length;
    this.#at = 0;
    this.#length = 0;
  }

  #value(shape: CompiledShape): void {
    this.#space();
    const first = this.#in[this.#at];
    if (typeof shape !== 'boolean' && first === OPEN_OBJECT) this.#object(shape.members, shape.others);
    else if (typeof shape !== 'boolean' && first === OPEN_LIST) this.#list(shape);
    else {
      const from = this.#at;
      this.#skip();
      this.#copy(from, this.#at);
    }
  }

  #list(shape: CompiledShape): void {
    this.#write(OPEN_LIST);
    this.#at++;
    this.#space();
    if (this.#in[this.#at] !== CLOSE_LIST) {
      this.#value(shape);
      while (this.#next(CLOSE_LIST)) {
        this.#write(COMMA);
        this.#value(shape);
      }
    } else this.#at++;
    this.#write(CLOSE_LIST);
  }

  #object(members: readonly CompiledMember[], others: boolean): void {
    this.#write(OPEN_OBJECT);
    this.#at++;
    this.#space();
    if (this.#in[this.#at] !== CLOSE_OBJECT) {
      let isFirst = true;
      do {
        this.#space();
        const from = this.#at;
        const shape = this.#name(members, others);
        if (shape === false) this.#skip();
        else {
          if (!isFirst) this.#write(COMMA);
          isFirst = false;
          if (shape === true) {
            this.#skip();
            this.#copy(from, this.#at);
          } else {
            this.#copy(from, this.#at);
            this.#value(shape);
          }
        }
      } while (this.#next(CLOSE_OBJECT));
    } else this.#at++;
    this.#write(CLOSE_OBJECT);
  }

  /** Reads a member's name and its colon; what is wanted of its value. */
  #name(members: readonly CompiledMember[], others: boolean): CompiledShape {
    const from = this.#at + 1;
    if (this.#in[this.#at] !== QUOTE) throw new Confused();
    this.#at = endOfString(this.#in, from, this.#end);
    const to = this.#at - 1;
    this.#space();
    if (this.#in[this.#at++] !== COLON) throw new Confused();
    this.#space();
    for (const { name, shape } of members) if (equals(this.#in, from, to, name)) return shape;
    // Written with escapes it could be any name.
    if (hasEscape(this.#in, from, to)) throw new Confused();
    return others;
  }

  /** Over what separates two members or items; false at the end. */
  #next(close: number): boolean {
    this.#space();
    const found = this.#in[this.#at++];
    if (found === COMMA) return true;
    if (found === close) return false;
    throw new Confused();
  }

  #space(): void {
    const bytes = this.#in;
    while (this.#at < this.#end) {
      const byte = bytes[this.#at] as number;
      if (byte > 0x20) return;
      this.#at++;
    }
  }

  /** To the end of the value that begins here. */
  #skip(): void {
    const first = this.#in[this.#at];
    if (first === QUOTE) this.#at = endOfString(this.#in, this.#at + 1, this.#end);
    else if (first === OPEN_OBJECT || first === OPEN_LIST) this.#at = endOfNested(this.#in, this.#at, this.#end);
    else this.#at = endOfPlain(this.#in, this.#at, this.#end);
  }

  #write(byte: number): void {
    this.#room(1);
    this.#out[this.#length++] = byte;
  }

  #copy(from: number, to: number): void {
    this.#room(to - from);
    this.#in.copy(this.#out, this.#length, from, to);
    this.#length += to - from;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#out.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(4_096, 2 * (this.#length + bytes)));
    this.#out.copy(larger, 0, 0, this.#length);
    this.#out = larger;
  }
}

function compile(shape: Shape): CompiledShape {
  if (typeof shape === 'boolean') return shape;
  const members = [...shape.members].map(([name, below]) => ({
    name: Buffer.from(JSON.stringify(name).slice(1, -1)),
    shape: compile(below),
  }));
  return shape.others && members.every((member) => member.shape === true) ? true : { members, others: shape.others };
}

function equals(bytes: Buffer, from: number, to: number, name: Buffer): boolean {
  if (to - from !== name.length) return false;
  for (let index = 0; index < name.length; index++) if (bytes[from + index] !== name[index]) return false;
  return true;
}

function hasEscape(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

/**
 * `from` is behind the opening quote, the answer behind the closing one. Byte by byte: scripts are full of escaped quotes,
 * and a call of `indexOf` for each of them takes longer.
 */
function endOfString(bytes: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at++;
  }
  throw new Confused();
}

function endOfNested(bytes: Buffer, from: number, end: number): number {
  let depth = 0;
  for (let at = from; at < end; ) {
    const byte = bytes[at++];
    if (byte === QUOTE) at = endOfString(bytes, at, end);
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      depth--;
      if (depth === 0) return at;
    }
  }
  throw new Confused();
}

/** Numbers, true, false and null. */
function endOfPlain(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte <= 0x20 || byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_LIST) break;
    at++;
  }
  if (at === from) throw new Confused();
  return at;
}
