import type { IssueTimeline } from '../../crds/issue-timeline.ts';
import { oneLine } from '../../crds/text.ts';
import type { HistoryOptions } from '../commands/history.ts';
import { EXIT, Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { Asker } from './ask.ts';
import { connectToRead } from './connect.ts';
import { timelineLines } from './describe-lines.ts';
import { Refusal, whereIs } from './fault.ts';
import { issuesPath } from './issues.ts';
import { eachNamed, explainMissing, MissingIssue, requireAll } from './missing.ts';
import { objectText } from './print/object.ts';
import { endOfMoment, timelineThen } from './then.ts';

/**
 * `faultline history`: answers the exit code. Throws a Failure of one line when a timeline cannot be had. `now`: ms since
 * 1970.
 */
export async function runHistory(options: HistoryOptions, streams: Streams, now = Date.now): Promise<number> {
  await using asker = new Asker(await connectToRead(options, streams), streams.signal);
  const namespace = options.namespace ?? asker.connection.namespace ?? 'default';
  const { names, output } = options;
  const timelines: IssueTimeline[] = [];
  const missing = await eachNamed(names, async (name) => {
    const timeline = await timelineOf(asker, namespace, name);
    timelines.push(options.asOf === undefined ? timeline : thenOf(timeline, options.asOf, now()));
  });
  if (output === 'text') writeTimelines(timelines, names.length > 1, streams);
  else if (timelines.length > 0) {
    const object = names.length === 1 ? (timelines[0] as IssueTimeline) : listOf(timelines);
    streams.out.write(await objectText(object, output));
  }
  requireAll(missing);
  return EXIT.ok;
}

function writeTimelines(timelines: readonly IssueTimeline[], several: boolean, { out }: Streams): void {
  timelines.forEach(({ metadata, status }, index) => {
    const head = several ? [`${index === 0 ? '' : '\n'}${oneLine(metadata.name, 253)}:`] : [];
    out.write(`${[...head, ...timelineLines(status)].join('\n')}\n`);
  });
}

/** Up to that moment. Throws a Failure when nothing had happened yet. */
function thenOf(timeline: IssueTimeline, asOf: string, now: number): IssueTimeline {
  const { metadata, status } = timeline;
  const then = timelineThen(status, endOfMoment(asOf, now));
  const [first] = status.events;
  if (then.events.length === 0 && first !== undefined) {
    throw new MissingIssue(
      oneLine(`nothing had happened to "${metadata.name}" at that time: it begins at ${first.at}`, 1_000),
    );
  }
  return { ...timeline, status: then };
}

function listOf(items: readonly object[]): object {
  return { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } };
}

async function timelineOf(asker: Asker, namespace: string, name: string): Promise<IssueTimeline> {
  try {
    return (await asker.json<IssueTimeline>(`${issuesPath(namespace, name)}/timeline`)).body;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404 && error.object === undefined) {
      throw new Failure(`${whereIs(asker.connection)} serves no histories: its Faultline is older than this command`);
    }
    throw await explainMissing(error, asker, name, namespace);
  }
}
