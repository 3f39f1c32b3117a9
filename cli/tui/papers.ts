import { oneLine } from '../../crds/text.ts';
import { documentLines } from './frame/document-lines.ts';
import { helpLines } from './frame/help-lines.ts';
import type { Row } from './rows/row.ts';
import type { Source } from './source/source.ts';
import type { DocumentView, View } from './state/state.ts';

/** So many documents stay as they were read, for who goes back and forth. */
const MOST = 20;

interface Paper {
  readonly view: DocumentView;
  lines: readonly string[];
  /** Wrapped for a width. */
  wrapped: { readonly width: number; readonly of: readonly string[]; readonly lines: readonly string[] } | undefined;
  reading: boolean;
}

/** Documents, read from the source when they are first looked at, and again when what they are about changed. */
export class Papers {
  readonly #papers = new Map<string, Paper>();
  readonly #source: Source;
  readonly #signal: AbortSignal;
  readonly #changed: () => void;

  constructor(source: Source, signal: AbortSignal, changed: () => void) {
    this.#source = source;
    this.#signal = signal;
    this.#changed = changed;
  }

  /** The lines that there are now; what is missing is being read. */
  lines(view: DocumentView, width: number): readonly string[] {
    if (view.kind === 'help') return documentLines(helpLines(view.about), width);
    const key = JSON.stringify(view);
    let paper = this.#papers.get(key);
    if (paper === undefined) {
      paper = { view, lines: ['Asking the server.'], wrapped: undefined, reading: false };
      this.#papers.set(key, paper);
      for (const old of [...this.#papers.keys()].slice(0, -MOST)) this.#papers.delete(old);
      void this.#read(view, paper);
    }
    if (paper.wrapped?.width !== width || paper.wrapped.of !== paper.lines) {
      paper.wrapped = { width, of: paper.lines, lines: documentLines(paper.lines, width) };
    }
    return paper.wrapped.lines;
  }

  /** An issue changed: what is shown of it is read again, and shown as it was until then; what was read of it is forgotten. */
  changed({ namespace, name }: Pick<Row, 'namespace' | 'name'>, shown: View): void {
    for (const [key, paper] of this.#papers) {
      const { view } = paper;
      if (!('namespace' in view) || view.name !== name || view.namespace !== namespace) continue;
      if (key !== JSON.stringify(shown)) this.#papers.delete(key);
      else if (!paper.reading) void this.#read(view, paper);
    }
  }

  async #read(view: DocumentView, paper: Paper): Promise<void> {
    if (view.kind === 'help') return;
    paper.reading = true;
    try {
      paper.lines = await this.#source.document(view, this.#signal);
    } catch (error) {
      if (this.#signal.aborted) return;
      paper.lines = [oneLine(error instanceof Error ? error.message : String(error), 1_000)];
    } finally {
      paper.reading = false;
    }
    this.#changed();
  }
}
