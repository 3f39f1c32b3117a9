import { causeOf } from './cause.ts';
import { DocumentWrap, documentLines } from './frame/document-lines.ts';
import { helpLines } from './frame/help-lines.ts';
import type { Row } from './rows/row.ts';
import type { Source } from './source/source.ts';
import type { DocumentView, View } from './state/state.ts';

/** So many documents stay as they were read, for who goes back and forth. */
const MOST = 20;

interface Paper {
  readonly view: DocumentView;
  lines: readonly string[];
  readonly wrap: DocumentWrap;
  reading: boolean;
  /** It goes on: whoever leaves it ends it. */
  goesOn: boolean;
  readonly stop: AbortController;
  /** What it is about changed while it was being read. */
  stale: boolean;
  /** Its lines are why it could not be read. */
  failed: boolean;
}

const ASKING: readonly string[] = ['Asking the server.'];

function newPaper(view: DocumentView): Paper {
  return {
    ...{ view, lines: ASKING, wrap: new DocumentWrap(), reading: false, stale: false, failed: false, goesOn: false },
    stop: new AbortController(),
  };
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
      paper = newPaper(view);
      this.#papers.set(key, paper);
      for (const old of [...this.#papers.keys()].slice(0, -MOST)) this.#forget(old);
      void this.#read(view, paper);
    }
    return paper.wrap.lines(paper.lines, width);
  }

  /** An issue changed: what is shown of it is read again, and shown as it was until then; what was read of it is forgotten. */
  changed({ namespace, name }: Pick<Row, 'namespace' | 'name'>, shown: View): void {
    for (const [key, paper] of this.#papers) {
      const { view } = paper;
      if (!('namespace' in view) || view.name !== name || view.namespace !== namespace) continue;
      if (key !== JSON.stringify(shown)) this.#forget(key);
      else if (!paper.goesOn) this.#again(paper);
    }
  }

  /** Somebody came to it: it is shown as it was read before, a fault never, until it is read again. */
  entered(view: DocumentView): void {
    const paper = this.#papers.get(JSON.stringify(view));
    if (paper !== undefined) this.#again(paper);
  }

  /** Nothing is known any more: what is shown is read again, the rest when it is looked at. */
  again(shown: View): void {
    for (const [key, { goesOn }] of this.#papers) if (goesOn || key !== JSON.stringify(shown)) this.#forget(key);
    for (const paper of this.#papers.values()) this.#again(paper);
  }

  /** Nobody looks at it any more: what goes on ends, and is begun anew by who comes back. */
  left(view: View): void {
    const key = JSON.stringify(view);
    if (this.#papers.get(key)?.goesOn) this.#forget(key);
  }

  #forget(key: string): void {
    this.#papers.get(key)?.stop.abort();
    this.#papers.delete(key);
  }

  #again(paper: Paper): void {
    if (paper.failed) paper.lines = ASKING;
    paper.failed = false;
    if (paper.reading) paper.stale = true;
    else void this.#read(paper.view, paper);
  }

  async #read(view: DocumentView, paper: Paper): Promise<void> {
    if (view.kind === 'help') return;
    paper.reading = true;
    paper.stale = false;
    const signal = AbortSignal.any([this.#signal, paper.stop.signal]);
    try {
      paper.lines = await this.#source.document(view, signal, (lines) => {
        paper.goesOn = true;
        paper.lines = lines;
        this.#changed();
      });
      paper.failed = false;
    } catch (error) {
      if (signal.aborted) return;
      paper.failed = true;
      paper.lines = [causeOf(error)];
    } finally {
      paper.reading = false;
      paper.goesOn = false;
    }
    this.#changed();
    if (paper.stale) void this.#read(view, paper);
  }
}
