import type { Compare } from './order.ts';
import type { Row } from './row.ts';

/** A piece that grows beyond it becomes two. */
const LARGEST = 512;

/**
 * Rows in order, in pieces: one that comes or goes moves the few of its piece. In one array it moves twenty-five thousand of
 * fifty thousand, and that was the most of what loading a long list took besides garbage.
 */
export class SortedRows implements Iterable<Row> {
  readonly #compare: Compare;
  /** None is empty. */
  readonly #pieces: Row[][] = [];
  #length = 0;

  constructor(compare: Compare) {
    this.#compare = compare;
  }

  get length(): number {
    return this.#length;
  }

  add(row: Row): void {
    this.#length++;
    const at = Math.min(this.#pieceOf(row), this.#pieces.length - 1);
    const piece = this.#pieces[at];
    if (piece === undefined) {
      this.#pieces.push([row]);
      return;
    }
    const last = piece[piece.length - 1] as Row;
    if (this.#compare(last, row) < 0) piece.push(row);
    else piece.splice(this.#positionIn(piece, row), 0, row);
    if (piece.length > LARGEST) this.#pieces.splice(at + 1, 0, piece.splice(LARGEST / 2));
  }

  /** Answers whether this very row was among them. */
  remove(row: Row): boolean {
    const at = this.#pieceOf(row);
    const piece = this.#pieces[at];
    if (piece === undefined) return false;
    const inside = this.#positionIn(piece, row);
    if (piece[inside] !== row) return false;
    piece.splice(inside, 1);
    if (piece.length === 0) this.#pieces.splice(at, 1);
    this.#length--;
    return true;
  }

  at(index: number): Row | undefined {
    let rest = index;
    for (const piece of this.#pieces) {
      if (rest < piece.length) return piece[rest];
      rest -= piece.length;
    }
    return undefined;
  }

  /** The number of the row of the same key; -1: it is not among them. */
  indexOf(row: Row): number {
    const at = this.#pieceOf(row);
    const piece = this.#pieces[at];
    if (piece === undefined) return -1;
    const inside = this.#positionIn(piece, row);
    if (piece[inside]?.key !== row.key) return -1;
    return this.#pieces.slice(0, at).reduce((sum, each) => sum + each.length, inside);
  }

  *[Symbol.iterator](): Iterator<Row> {
    for (const piece of this.#pieces) yield* piece;
  }

  /** The first piece that does not end before the row: as many as there are, when all do. */
  #pieceOf(row: Row): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const piece = this.#pieces[middle] as Row[];
      if (this.#compare(piece[piece.length - 1] as Row, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #positionIn(piece: readonly Row[], row: Row): number {
    let low = 0;
    let high = piece.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(piece[middle] as Row, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
