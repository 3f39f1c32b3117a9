import type { Readable } from 'node:stream';
import { oneLine } from '../../../crds/text.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';

/** So many lines of one plugin are logged in this time; a plugin that prints in a loop must not fill the log. */
const LINES = 50;
const WINDOW_MS = 60_000;
const LINE = 500;

/** What a plugin prints becomes lines of the log: the output of the command belongs to the command. */
export function logOutput(streams: readonly Readable[], controller: string, logger: Logger, clock: Clock): void {
  let since = clock.now();
  let lines = 0;
  const tell = (text: string): void => {
    if (clock.now() - since > WINDOW_MS) [since, lines] = [clock.now(), 0];
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      lines++;
      if (lines <= LINES) logger.info({ controller, line: oneLine(line, LINE) }, 'the plugin printed');
      else if (lines === LINES + 1)
        logger.warn({ controller }, 'the plugin prints too much: nothing more for a minute');
    }
  };
  for (const stream of streams) stream.setEncoding('utf8').on('data', tell);
}
