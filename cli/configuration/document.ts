import { type Document, isMap, isScalar, LineCounter, type Node, parseAllDocuments, type YAMLError } from 'yaml';
import type { ConfigurationFault, Path } from './fault.ts';
import { formatPath } from './fault.ts';

/** A place in a text, from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** A parsed YAML file that still knows where everything was written. */
export class ConfigurationDocument {
  readonly #document: Document.Parsed | undefined;
  readonly #lines: LineCounter;
  readonly #text: string;
  /** Faults of the YAML itself: syntax, duplicate keys, more than one document. */
  readonly faults: readonly ConfigurationFault[];

  constructor(text: string) {
    this.#lines = new LineCounter();
    this.#text = text;
    // A byte order mark is what some editors of Windows write; YAML allows it.
    const parsed = parseAllDocuments(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
    const documents = Array.isArray(parsed) ? (parsed as Document.Parsed[]) : [];
    this.#document = documents[0];
    this.faults = [
      ...documents.flatMap((document) => document.errors.map((e) => this.#syntaxFault(e))),
      ...this.#extra(documents),
    ];
  }

  /** The plain value; undefined for an empty file. Meaningful only without faults. */
  value(): unknown {
    return this.#document?.toJS({ maxAliasCount: 100 }) ?? undefined;
  }

  /** A fault at the place where `path` was written, or where it is missing. */
  fault(path: Path, message: string, where: 'value' | 'key' = 'value'): ConfigurationFault {
    return { ...this.#position(this.#offset(path, where)), path: formatPath(path), message };
  }

  /**
   * A fault at a place of the text that is written at `path`. Where YAML folds or escapes that text, its place in the file
   * is that of its begin, and the message says the rest.
   */
  faultWithin(path: Path, message: string, { line, column }: TextPlace): ConfigurationFault {
    const node = this.#document?.getIn(path, true);
    const begin = this.fault(path, message);
    if (isScalar(node) && node.range) {
      const [start, end] = node.range;
      const source = this.#text.slice(start, end);
      if (node.type === 'BLOCK_LITERAL') {
        const indent = /\n *\n* *(?=\S)/.exec(source)?.[0].split('\n').at(-1)?.length ?? 0;
        return { ...begin, line: begin.line + line, column: indent + column };
      }
      if (!source.includes('\n') && !source.includes('\\') && !source.includes("''")) {
        return { ...begin, column: begin.column + (node.type === 'PLAIN' ? 0 : 1) + column - 1 };
      }
    }
    return { ...begin, message: `${message} (line ${line}, column ${column} of the expression)` };
  }

  #extra(documents: readonly Document.Parsed[]): ConfigurationFault[] {
    const second = documents[1];
    if (second === undefined) return [];
    const message = 'a second document: one file is one configuration';
    return [{ ...this.#position(second.range[0]), path: '', message }];
  }

  #syntaxFault(error: YAMLError): ConfigurationFault {
    return { ...this.#position(error.pos[0]), path: '', message: error.message };
  }

  #position(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  /** Offset of the node at `path`, else of its nearest ancestor that was written. */
  #offset(path: Path, where: 'value' | 'key'): number {
    for (let length = path.length; length > 0; length--) {
      const here = path.slice(0, length);
      if (where === 'key' || length < path.length) {
        const key = this.#key(here);
        if (key !== undefined) return key;
      }
      const node = this.#document?.getIn(here, true) as Node | undefined;
      if (node?.range) return node.range[0];
    }
    return this.#document?.contents?.range?.[0] ?? 0;
  }

  #key(path: Path): number | undefined {
    const parent = path.length === 1 ? this.#document?.contents : this.#document?.getIn(path.slice(0, -1), true);
    if (!isMap(parent)) return undefined;
    const name = String(path.at(-1));
    const key = parent.items.map((pair) => pair.key).find((node) => isScalar(node) && String(node.value) === name);
    return isScalar(key) ? key.range?.[0] : undefined;
  }
}
