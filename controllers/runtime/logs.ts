import { DNS_LABEL, DNS_SUBDOMAIN } from '../../crds/names.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { type LogTail, type Read, TerminalError } from './plugin.ts';
import type { LogAnswer, ObjectSource } from './source.ts';

/** What a look gets of one log: enough to show. */
export const TAIL_LINES = 200;
export const LOG_BYTES = 64 * 1024;
/** The most, for who has to judge by a log (docs/adr/0032): more lines than `TAIL_LINES` may have so many bytes. */
export const MAX_TAIL_LINES = 5_000;
export const MAX_LOG_BYTES = 1024 * 1024;
const TIMEOUT_MS = 5_000;
/** Where logs may not be read, nobody asks again for this long. */
const FORBIDDEN_FOR = 300_000;

export interface LogReaderOptions {
  readonly source: ObjectSource;
  readonly controller: string;
  /** The plugin says that it reads logs. */
  readonly declared: boolean;
  readonly metrics: RuntimeMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * The ends of logs, for evidence. It never fails a look: what cannot be had (pruned, not allowed, too slow, not answered) is
 * undefined and counted.
 */
export class LogReader {
  readonly #options: LogReaderOptions;
  /** By namespace: until when nobody asks. */
  readonly #forbidden = new Map<string, number>();

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /** `read.logs` of one look. `hasNone` is asked at each log whether this look gets none. */
  of(signal: AbortSignal, hasNone: () => boolean, look: () => object = () => ({})): Read['logs'] {
    const { declared, source } = this.#options;
    return async (namespace, pod, container, { tailLines } = {}) => {
      if (!declared) {
        throw new TerminalError('observe() read a log, which the plugin does not declare: add logs: true');
      }
      // A recording in one file has no logs.
      if (source.logs === undefined || hasNone()) return undefined;
      return this.#read(namespace, pod, container, { tailLines, signal, look });
    };
  }

  async #read(
    namespace: string,
    pod: string,
    container: string,
    how: { tailLines?: number | undefined; signal: AbortSignal; look: () => object },
  ): Promise<LogTail | undefined> {
    const { source, metrics, clock, controller } = this.#options;
    const { tailLines = TAIL_LINES, signal, look } = how;
    // Names come from objects that anybody may have written, and become paths.
    const named = DNS_LABEL.test(namespace) && DNS_SUBDOMAIN.test(pod) && DNS_SUBDOMAIN.test(container);
    if (!source.logs || !named || (this.#forbidden.get(namespace) ?? 0) > clock.now()) return undefined;
    const lines = Math.min(Math.max(1, Math.trunc(tailLines) || TAIL_LINES), MAX_TAIL_LINES);
    const maxBytes = lines > TAIL_LINES ? MAX_LOG_BYTES : LOG_BYTES;
    const answer = await this.#within(signal, (aborts) =>
      // One more than wanted tells whether there is more.
      (source.logs as NonNullable<ObjectSource['logs']>)(
        { namespace, pod, container, tailLines: lines + 1, maxBytes },
        aborts,
      ),
    );
    metrics.logReads.inc({ controller, result: 'missing' in answer ? answer.missing : 'Read' });
    if (!('missing' in answer)) return tailOf(answer, lines);
    if (answer.missing === 'Forbidden') this.#stopAsking(namespace, look);
    return undefined;
  }

  async #within(signal: AbortSignal, ask: (signal: AbortSignal) => Promise<LogAnswer>): Promise<LogAnswer> {
    const given = new AbortController();
    const { promise: end, resolve: giveUp } = Promise.withResolvers<LogAnswer>();
    const stop = (missing: 'Timeout' | 'Failed'): void => {
      giveUp({ missing });
      given.abort();
    };
    const aborted = (): void => stop('Failed');
    const cancel = this.#options.clock.after(TIMEOUT_MS, () => stop('Timeout'));
    signal.addEventListener('abort', aborted, { once: true });
    try {
      return await Promise.race([ask(given.signal).catch((): LogAnswer => ({ missing: 'Failed' })), end]);
    } finally {
      cancel();
      signal.removeEventListener('abort', aborted);
    }
  }

  #stopAsking(namespace: string, look: () => object): void {
    const { logger, clock, controller } = this.#options;
    if (!this.#forbidden.has(namespace)) {
      const hint = 'to have the end of logs as evidence, allow get pods/log (docs/evidence.md)';
      logger.info({ ...look(), controller, namespace, hint }, 'logs of this namespace may not be read');
    }
    this.#forbidden.set(namespace, clock.now() + FORBIDDEN_FOR);
  }
}

/** The last lines; the first one is dropped where it may have lost its beginning. */
function tailOf({ text, cut }: { text: string; cut: boolean }, tailLines: number): LogTail {
  const whole = text.endsWith('\n') ? text.slice(0, -1) : text;
  const lines = whole.split('\n').slice(cut ? 1 : 0);
  return { lines: lines.slice(-tailLines), cut: cut || lines.length > tailLines };
}
