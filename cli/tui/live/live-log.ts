import type { Clock } from '../../../controllers/runtime/clock.ts';
import type { Issue } from '../../../crds/issue.ts';
import type { IssueEvidenceStatus } from '../../../crds/issue-evidence.ts';
import { oneLine } from '../../../crds/text.ts';
import { Failure } from '../../exit.ts';
import { LineCutter, LONGEST_LINE } from '../../logs/line-cutter.ts';
import { logLine, openPodLog } from '../../logs/pod-log.ts';
import { hasEnded, type LogPlace, placesOf } from '../../logs/pods.ts';
import type { Asker } from '../../reading/ask.ts';
import { Pace } from './pace.ts';

/** As far back as is read at first. */
const TAIL = 500;
const MOST_CONTAINERS = 5;
/** What is kept of all containers: each has an equal share. What is told is wrapped and painted between two keys. */
const MOST_LINES = 2_000;
const MOST_CHARACTERS = 2_000_000;
/** People read no faster, and a log may be written as fast as the network carries it. */
const TELL_MS = 150;

/** The log of a container as it is so far. */
interface Part {
  readonly place: LogPlace;
  readonly lines: string[];
  /** Of the lines. */
  characters: number;
  /** So much of it is kept. */
  readonly most: { readonly lines: number; readonly characters: number };
  /** How it ended; undefined: it goes on. */
  end: string | undefined;
}

export interface LiveLog {
  readonly asker: Asker;
  readonly issue: Issue;
  readonly evidence: IssueEvidenceStatus | undefined;
  readonly signal: AbortSignal;
  readonly after: Clock['after'];
  /** Called with all of it when there is more, at most every 150 ms. */
  tell(lines: readonly string[]): void;
}

/**
 * The logs of the Pod as they are written, of the containers that failed, else of all; or why there are none. Answers all
 * of it when all of them have ended. Rejects for a mistake of ours, and when the signal aborts, alone.
 */
export async function followLogs({ asker, issue, evidence, signal, after, tell }: LiveLog): Promise<readonly string[]> {
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
  const shown = places.slice(0, MOST_CONTAINERS);
  const most = {
    lines: Math.floor(MOST_LINES / shown.length),
    characters: Math.floor(MOST_CHARACTERS / shown.length),
  };
  const parts = shown.map((place): Part => ({ place, lines: [], characters: 0, most, end: undefined }));
  using pace = new Pace(TELL_MS, after, () => tell(parts.flatMap(linesOf)));
  await Promise.all(parts.map((part) => follow(asker, namespace, part, signal, () => pace.ask())));
  return parts.flatMap(linesOf);
}

async function follow(
  asker: Asker,
  namespace: string,
  part: Part,
  signal: AbortSignal,
  more: () => void,
): Promise<void> {
  const tailLines = Math.min(TAIL, part.most.lines);
  try {
    const log = await openPodLog(asker, namespace, part.place, { follow: true, tailLines });
    const cutter = new LineCutter();
    for await (const chunk of log) if (keep(part, cutter.push(chunk))) more();
    keep(part, cutter.end());
    part.end = await endOf(asker, namespace, part.place);
  } catch (error) {
    if (signal.aborted) throw error;
    part.end = error instanceof Failure ? oneLine(error.message, 1_000) : 'the connection was lost; ctrl-l reads again';
  }
  more();
}

/** A stream also ends in order when a load balancer has had enough of it, or kube-apiserver stops. Rejects with an abort. */
async function endOf(asker: Asker, namespace: string, place: LogPlace): Promise<string> {
  const ended = await hasEnded(asker, namespace, place).catch((error: unknown) => {
    if (error instanceof Failure) return false;
    throw error;
  });
  return ended ? 'it has ended' : 'the stream ended; ctrl-l reads again';
}

/** The newest lines stay. Answers whether there are new ones. */
function keep(part: Part, raw: readonly string[]): boolean {
  const lines = raw.slice(-part.most.lines).map((line) => logLine(line, LONGEST_LINE));
  for (const line of lines) part.characters += line.length;
  part.lines.push(...lines);
  let old = Math.max(0, part.lines.length - part.most.lines);
  for (const line of part.lines.slice(0, old)) part.characters -= line.length;
  while (part.characters > part.most.characters) part.characters -= part.lines[old++]?.length ?? 0;
  part.lines.splice(0, old);
  return lines.length > 0;
}

function linesOf({ place: { pod, container }, lines, end }: Part): string[] {
  const how = end === undefined ? 'as it is written, G follows' : end;
  return ['', oneLine(`Log of ${pod} ${container} (${how}):`, 1_500), ...lines];
}
