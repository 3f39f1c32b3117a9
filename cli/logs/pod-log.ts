import { multiLine } from '../../crds/text.ts';
import type { Asker } from '../reading/ask.ts';
import type { LogPlace } from './pods.ts';

export interface PodLogOptions {
  /** It goes on as it is written; a connection without a word is then none that is lost. */
  readonly follow: boolean;
  /** Lines from its end; without it, from its beginning. */
  readonly tailLines?: number | undefined;
}

/** The log of a container, in pieces of text however they were cut. Throws a Failure of one line when there is none to be had. */
export async function openPodLog(
  asker: Asker,
  namespace: string,
  { pod, container }: LogPlace,
  { follow, tailLines }: PodLogOptions,
): Promise<AsyncIterable<string>> {
  const query = new URLSearchParams({
    container,
    ...(follow && { follow: 'true' }),
    ...(tailLines !== undefined && { tailLines: String(tailLines) }),
  });
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`;
  const response = await asker.open(path, { accept: '*/*', silent: follow });
  return response.setEncoding('utf8');
}

/** A line of a log, of which nothing is executed by a terminal; its indentation stays. `longest`: characters that are kept. */
export function logLine(line: string, longest: number): string {
  return multiLine(`|${line}`, longest).slice(1);
}
