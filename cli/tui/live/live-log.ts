import type { Issue } from '../../../crds/issue.ts';
import type { IssueEvidenceStatus } from '../../../crds/issue-evidence.ts';
import { multiLine, oneLine } from '../../../crds/text.ts';
import { Failure } from '../../exit.ts';
import { type LogPlace, placesOf } from '../../logs/pods.ts';
import type { Asker } from '../../reading/ask.ts';

/** As far back as is read at first, and so much is kept of what comes. */
const TAIL = 500;
const MOST_LINES = 5_000;
const MOST_CONTAINERS = 5;
const LONGEST_LINE = 4_096;

/** The log of a container as it is so far. */
interface Part {
  readonly place: LogPlace;
  lines: string[];
  /** How it ended; undefined: it goes on. */
  end: string | undefined;
}

export interface LiveLog {
  readonly asker: Asker;
  readonly issue: Issue;
  readonly evidence: IssueEvidenceStatus | undefined;
  readonly signal: AbortSignal;
  /** Called with all of it whenever there is more. */
  tell(lines: readonly string[]): void;
}

/**
 * The logs of the Pod as they are written, of the containers that failed, else of all; or why there are none. Answers what
 * it told last, when all of them have ended. Rejects for a mistake of ours, and when the signal aborts, alone.
 */
export async function followLogs({ asker, issue, evidence, signal, tell }: LiveLog): Promise<readonly string[]> {
  const { namespace } = issue.metadata;
  const { observed } = issue.status;
  let places: LogPlace[];
  try {
    places = await placesOf(asker, namespace, evidence, observed, undefined);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return ['', oneLine(`No live log: ${error.message}`, 1_000)];
  }
  if (places.length === 0) {
    const what = observed === undefined ? 'what it is about' : `${observed.kind}/${observed.name}`;
    return ['', oneLine(`No live log: there is no Pod of ${what} here.`, 1_000)];
  }
  const parts = places.slice(0, MOST_CONTAINERS).map((place): Part => ({ place, lines: [], end: undefined }));
  const more = (): void => tell(parts.flatMap(linesOf));
  await Promise.all(parts.map((part) => follow(asker, namespace, part, signal, more)));
  return parts.flatMap(linesOf);
}

async function follow(
  asker: Asker,
  namespace: string,
  part: Part,
  signal: AbortSignal,
  more: () => void,
): Promise<void> {
  const { pod, container } = part.place;
  const query = new URLSearchParams({ container, follow: 'true', tailLines: String(TAIL) });
  try {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`;
    const response = await asker.open(path, { accept: '*/*', silent: true });
    response.setEncoding('utf8');
    let rest = '';
    for await (const chunk of response) {
      const lines = (rest + (chunk as string)).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) {
        part.lines = [...part.lines, ...lines.map(plain)].slice(-MOST_LINES);
        more();
      }
    }
    if (rest !== '') part.lines.push(plain(rest));
    part.end = 'it has ended';
  } catch (error) {
    if (signal.aborted) throw error;
    part.end = error instanceof Failure ? oneLine(error.message, 1_000) : 'the connection was lost; ctrl-l reads again';
  }
  more();
}

/** Nothing in a log is executed by a terminal; its indentation stays. */
function plain(line: string): string {
  return multiLine(`|${line.replace(/\r$/, '')}`, LONGEST_LINE)
    .slice(1)
    .replaceAll('\n', ' ');
}

function linesOf({ place: { pod, container }, lines, end }: Part): string[] {
  const how = end === undefined ? 'as it is written, G follows' : end;
  return ['', oneLine(`Log of ${pod} ${container} (${how}):`, 1_500), ...lines];
}
