import type { Issue } from '../../crds/issue.ts';
import type { IssueEvidence } from '../../crds/issue-evidence.ts';
import type { IssueRelativesStatus } from '../../crds/issue-relatives.ts';
import type { IssueTimelineStatus } from '../../crds/issue-timeline.ts';
import { SEVERITIES } from '../../crds/issue-words.ts';
import { LABELS } from '../../crds/names.ts';
import type { DescribeOptions } from '../commands/describe.ts';
import { momentOf } from '../commands/reading.ts';
import { EXIT } from '../exit.ts';
import { roomOf } from '../printers/fit.ts';
import type { Streams } from '../streams.ts';
import { Asker } from './ask.ts';
import { connectToRead } from './connect.ts';
import { type Described, descriptionLines, type Part } from './describe-lines.ts';
import { Refusal } from './fault.ts';
import { issuesPath, listPages, readIssue } from './issues.ts';
import { eachNamed, explainMissing, requireAll } from './missing.ts';
import { ownerChain, ownersOf } from './owners.ts';
import { type Relatives, relativesThen } from './relatives-then.ts';
import { endOfMoment, showsThen, timelineThen } from './then.ts';

/** `faultline describe`: answers the exit code. Throws a Failure of one line when an issue cannot be had. */
export async function runDescribe(options: DescribeOptions, streams: Streams, now = Date.now): Promise<number> {
  const connection = await connectToRead(options, streams);
  await using asker = new Asker(connection, streams.signal);
  const namespace = options.namespace ?? connection.namespace ?? 'default';
  let isFirst = true;
  const missing = await eachNamed(options.names, async (name) => {
    const described = await describeOne(asker, namespace, name, options.asOf, now());
    const owners = options.asOf === undefined ? { owners: await ownersOf(asker, described.issue) } : {};
    const at = options.asOf === undefined ? now() : (momentOf(options.asOf, now()) ?? now());
    const text = descriptionLines({ ...described, ...owners }, at, roomOf(streams.out)).join('\n');
    streams.out.write(`${isFirst ? '' : '\n\n'}${text}\n`);
    isFirst = false;
  });
  requireAll(missing);
  return EXIT.ok;
}

/** All that is known of an issue; `asOf`: then, a time or a duration. `now`: ms since 1970. */
export async function describeOne(
  asker: Asker,
  namespace: string,
  name: string,
  asOf: string | undefined,
  now = Date.now(),
): Promise<Described> {
  const query = { namespace, labelSelector: '', fieldSelector: '', asOf, table: false, objects: true };
  const { rows } = await readIssue(asker, name, query).catch(async (error: unknown) => {
    throw await explainMissing(error, asker, name, namespace, asOf);
  });
  const issue = rows[0]?.object as Issue;
  const [evidence, timeline, listed] = await Promise.all([
    evidenceOf(asker, namespace, name),
    subresource<IssueTimelineStatus>(asker, namespace, name, 'timeline'),
    listOthers(asker, issue, asOf),
  ]);
  const others = othersOf(listed);
  if (asOf === undefined) {
    const relatives = await subresource<IssueRelativesStatus>(asker, namespace, name, 'related');
    return { issue, asOf, evidence, timeline, relatives, others };
  }
  const end = endOfMoment(asOf, now);
  const then = timelineUntil(timeline, end);
  return {
    ...{ issue, asOf, others },
    evidence: evidenceThen(evidence, issue, end),
    timeline: then,
    relatives: relatedThen(issue, listed, then),
    // Who owns what in the cluster is known of now alone.
    owners: ownerChain(issue, []),
  };
}

function relatedThen(issue: Issue, listed: Listed | undefined, timeline: Part<IssueTimelineStatus>): Part<Relatives> {
  if (timeline.missing !== undefined)
    return { missing: `what it was linked with is in the timeline: ${timeline.missing}` };
  if (listed === undefined) return { missing: 'what it came from is among the issues of then, which you may not list' };
  const value = relativesThen(issue, listed.issues, timeline.value);
  return { value: listed.isCut ? { ...value, among: listed.read } : value };
}

async function evidenceOf(asker: Asker, namespace: string, name: string): Promise<Part<IssueEvidence['status']>> {
  const part = await subresource<IssueEvidence['status']>(asker, namespace, name, 'evidence');
  return part.missing === undefined || !part.isAbsent ? part : { missing: 'none was recorded' };
}

function evidenceThen(part: Part<IssueEvidence['status']>, issue: Issue, end: number): Part<IssueEvidence['status']> {
  if (part.missing !== undefined || showsThen(part.value, issue, end)) return part;
  return { missing: `what there is was recorded later, at ${part.value.recordedAt}` };
}

function timelineUntil(part: Part<IssueTimelineStatus>, end: number): Part<IssueTimelineStatus> {
  return part.missing === undefined ? { value: timelineThen(part.value, end) } : part;
}

/** What is kept beside an issue, or why it cannot be had. */
async function subresource<T>(
  asker: Asker,
  namespace: string,
  name: string,
  what: 'evidence' | 'timeline' | 'related',
): Promise<Part<T> & { readonly isAbsent?: boolean }> {
  try {
    return { value: (await asker.json<{ status: T }>(`${issuesPath(namespace, name)}/${what}`)).body.status };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 403) return { missing: `you may not read it: ${error.message}` };
    if (error.status !== 404) return { missing: error.message };
    return error.object === undefined
      ? { missing: 'the Faultline of this cluster is older than this command' }
      : { missing: error.message, isAbsent: true };
  }
}

/** So many others are shown. */
const MOST = 10;

interface Listed {
  /** `application shop`. */
  readonly owner: string;
  readonly issues: readonly Issue[];
  /** So many were read: one page. */
  readonly read: number;
  /** There are more than were read. */
  readonly isCut: boolean;
}

/** The Active issues of the same application, else component, else subject; in the same namespace. Undefined: they may not be listed. */
async function listOthers(asker: Asker, issue: Issue, asOf: string | undefined): Promise<Listed | undefined> {
  const { labels = {}, namespace, name } = issue.metadata;
  const key = [LABELS.application, LABELS.component].find((each) => labels[each]);
  const owner = key === undefined ? issue.spec.subject.name : (labels[key] ?? '');
  const active = `${LABELS.state}=Active`;
  const query = {
    ...{ namespace, asOf, table: false, objects: true },
    labelSelector: key === undefined ? active : `${active},${key}=${owner}`,
    fieldSelector: key === undefined ? `spec.subject.name=${owner.replace(/[\\,=]/g, '\\$&')}` : '',
  };
  const what = key === LABELS.application ? 'application' : key === LABELS.component ? 'component' : 'subject';
  try {
    const pages = listPages(asker, query);
    const { value: page } = await pages.next();
    const rows = typeof page === 'string' || page === undefined ? [] : page.rows;
    const issues = rows.map(({ object }) => object).filter((other) => other.metadata.name !== name);
    const isCut = typeof page === 'object' && page.continues === true;
    return { owner: `${what} ${owner}`, issues, read: rows.length, isCut };
  } catch (error) {
    // Who may get one issue may not list all.
    if (error instanceof Refusal && error.status === 403) return undefined;
    throw error;
  }
}

/** The worst first. */
function othersOf(listed: Listed | undefined): Described['others'] {
  if (listed === undefined) return undefined;
  const { owner, issues, isCut } = listed;
  const worst = issues.toSorted((a, b) => SEVERITIES.indexOf(a.spec.severity) - SEVERITIES.indexOf(b.spec.severity));
  return { owner, issues: worst.slice(0, MOST), more: Math.max(0, issues.length - MOST), ...(isCut && { isCut }) };
}
