import type { Issue } from '../../crds/issue.ts';
import type { IssueEvidence } from '../../crds/issue-evidence.ts';
import type { IssueRelativesStatus } from '../../crds/issue-relatives.ts';
import type { IssueTimelineStatus } from '../../crds/issue-timeline.ts';
import { LABELS } from '../../crds/names.ts';
import type { DescribeOptions } from '../commands/describe.ts';
import { EXIT } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { Asker } from './ask.ts';
import { connectToRead } from './connect.ts';
import { type Described, descriptionLines, type Part } from './describe-lines.ts';
import { Refusal } from './fault.ts';
import { issuesPath, listPages, readIssue } from './issues.ts';
import { explainMissing } from './missing.ts';

/** `faultline describe`: answers the exit code. Throws a Failure of one line when an issue cannot be had. */
export async function runDescribe(options: DescribeOptions, streams: Streams, now = Date.now): Promise<number> {
  const connection = await connectToRead(options, streams);
  await using asker = new Asker(connection, streams.signal);
  const namespace = options.namespace ?? connection.namespace ?? 'default';
  let isFirst = true;
  for (const name of options.names) {
    const described = await describeOne(asker, namespace, name, options.asOf);
    const text = descriptionLines(described, now()).join('\n');
    streams.out.write(`${isFirst ? '' : '\n\n'}${text}\n`);
    isFirst = false;
  }
  return EXIT.ok;
}

/** All that is known of an issue; `asOf`: then, a time or a duration. */
export async function describeOne(
  asker: Asker,
  namespace: string,
  name: string,
  asOf: string | undefined,
): Promise<Described> {
  const query = { namespace, labelSelector: '', fieldSelector: '', asOf, table: false, objects: true };
  const { rows } = await readIssue(asker, name, query).catch(async (error: unknown) => {
    throw await explainMissing(error, asker, name, namespace);
  });
  const issue = rows[0]?.object as Issue;
  // What people did and what relates is kept of now, and would be told as if it were of then.
  if (asOf !== undefined) return { issue, asOf };
  const [evidence, timeline, relatives, others] = await Promise.all([
    evidenceOf(asker, namespace, name),
    subresource<IssueTimelineStatus>(asker, namespace, name, 'timeline'),
    subresource<IssueRelativesStatus>(asker, namespace, name, 'related'),
    othersOf(asker, issue),
  ]);
  return { issue, asOf, evidence, timeline, relatives, others };
}

async function evidenceOf(asker: Asker, namespace: string, name: string): Promise<Part<IssueEvidence['status']>> {
  const part = await subresource<IssueEvidence['status']>(asker, namespace, name, 'evidence');
  return part.missing === undefined || !part.isAbsent ? part : { missing: 'none was recorded' };
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

/** The Active issues of the same application, else component, else subject; in the same namespace. */
async function othersOf(asker: Asker, issue: Issue): Promise<Described['others']> {
  const { labels = {}, namespace, name } = issue.metadata;
  const key = [LABELS.application, LABELS.component].find((each) => labels[each]);
  const owner = key === undefined ? issue.spec.subject.name : (labels[key] ?? '');
  const active = `${LABELS.state}=Active`;
  const query = {
    ...{ namespace, asOf: undefined, table: false, objects: true },
    labelSelector: key === undefined ? active : `${active},${key}=${owner}`,
    fieldSelector: key === undefined ? `spec.subject.name=${owner.replace(/[\\,=]/g, '\\$&')}` : '',
  };
  const what = key === LABELS.application ? 'application' : key === LABELS.component ? 'component' : 'subject';
  try {
    const pages = listPages(asker, query);
    const { value: page } = await pages.next();
    const rows = typeof page === 'string' || page === undefined ? [] : page.rows;
    const issues = rows.map(({ object }) => object).filter((other) => other.metadata.name !== name);
    return { owner: `${what} ${owner}`, issues: issues.slice(0, MOST), more: Math.max(0, issues.length - MOST) };
  } catch (error) {
    // Who may get one issue may not list all.
    if (error instanceof Refusal && error.status === 403) return undefined;
    throw error;
  }
}
