import type { Dispatcher } from 'undici';
import { Failed } from './item.ts';
import type { Loose } from './loose.ts';

/** One line of a watch. */
export interface WatchLine {
  readonly raw: string;
  /** Since the request was sent. */
  readonly ms: number;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: Loose;
  readonly ms: number;
}

/** A watch that is over: everything that came, and when. */
export class WatchRun {
  readonly question: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly headersMs: number;
  /** Lines with their line ends removed, the empty ones too. */
  readonly lines: readonly WatchLine[];
  /** What came behind the last line end. */
  readonly rest: string;
  readonly endedMs: number;
  /** Who ended it: the server by the end of the body, the server by breaking the connection, or we. */
  readonly end: 'server' | 'broken' | 'client';

  constructor(run: Omit<WatchRun, 'events' | 'changes' | 'bookmarks'>) {
    this.question = run.question;
    this.status = run.status;
    this.headers = run.headers;
    this.headersMs = run.headersMs;
    this.lines = run.lines;
    this.rest = run.rest;
    this.endedMs = run.endedMs;
    this.end = run.end;
  }

  /** Fails the item when the watch was refused, or when a line is no event. */
  get events(): readonly WatchEvent[] {
    if (this.status !== 200) {
      const beginning = JSON.stringify(`${this.lines[0]?.raw ?? ''}${this.rest}`.slice(0, 160));
      throw new Failed(`${this.question} answered ${this.status} instead of a watch: ${beginning}`);
    }
    return this.lines.filter(({ raw }) => raw !== '').map((line) => eventOf(line, this.question));
  }

  /** The events that are about objects. */
  get changes(): readonly WatchEvent[] {
    return this.events.filter(({ type }) => type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED');
  }

  get bookmarks(): readonly WatchEvent[] {
    return this.events.filter(({ type }) => type === 'BOOKMARK');
  }
}

function eventOf({ raw, ms }: WatchLine, question: string): WatchEvent {
  try {
    const { type, object } = JSON.parse(raw) as { type?: unknown; object?: unknown };
    if (typeof type === 'string' && typeof object === 'object' && object !== null) {
      return { type, object: object as Loose, ms };
    }
  } catch {
    // Said below.
  }
  throw new Failed(`${question} sent a line that is no event: ${JSON.stringify(raw.slice(0, 120))}`);
}

type Opening = (signal: AbortSignal) => Promise<Dispatcher.ResponseData>;

/** Opens a watch and reads it until the server ends it, `forMs` are over, or a signal aborts. */
export async function watchOver(
  open: Opening,
  question: string,
  forMs: number,
  signals: readonly AbortSignal[],
): Promise<WatchRun> {
  const cut = AbortSignal.any([AbortSignal.timeout(forMs), ...signals]);
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  let response: Dispatcher.ResponseData;
  try {
    response = await open(cut);
  } catch (cause) {
    signals[0]?.throwIfAborted();
    const why = cut.aborted ? `no headers came within ${Math.round(elapsed())} ms` : String(cause);
    throw new Failed(`${question} was not answered: ${why}`, { cause });
  }
  const headersMs = elapsed();
  const lines: WatchLine[] = [];
  // Of a line that is not complete yet: joined once, or a long one would be copied with every chunk.
  let pieces: string[] = [];
  let end: WatchRun['end'] = 'server';
  try {
    for await (const chunk of response.body.setEncoding('utf8') as AsyncIterable<string>) {
      const found = chunk.split('\n');
      const rest = found.pop() ?? '';
      for (const end of found) {
        lines.push({ raw: [...pieces, end].join(''), ms: elapsed() });
        pieces = [];
      }
      pieces.push(rest);
    }
  } catch {
    end = cut.aborted ? 'client' : 'broken';
  }
  signals[0]?.throwIfAborted();
  const { statusCode: status, headers } = response;
  return new WatchRun({ question, status, headers, headersMs, lines, rest: pieces.join(''), endedMs: elapsed(), end });
}
