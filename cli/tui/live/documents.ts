import type { Clock } from '../../../controllers/runtime/clock.ts';
import type { Explanation } from '../../../crds/explanation.ts';
import type { Issue } from '../../../crds/issue.ts';
import type { IssueEvidence, IssueEvidenceStatus } from '../../../crds/issue-evidence.ts';
import type { IssueGroup } from '../../../crds/issue-group.ts';
import { API_VERSION } from '../../../crds/names.ts';
import { oneLine } from '../../../crds/text.ts';
import type { Asker } from '../../reading/ask.ts';
import { Refusal } from '../../reading/fault.ts';
import { issuesPath, readIssue } from '../../reading/issues.ts';
import { readObject } from '../../reading/object.ts';
import type { Source } from '../source/source.ts';
import { yamlLines } from '../source/yaml-lines.ts';
import { ownerLines } from './owners.ts';

type View = Parameters<Source['document']>[0];

export interface Reading {
  readonly signal: AbortSignal;
  /** ms since 1970. */
  readonly now: number;
  readonly after: Clock['after'];
  /** What there is so far, of a document that goes on. */
  tell(lines: readonly string[]): void;
}

/** The text of a document. What each needs is loaded when it is asked for. */
export async function clusterDocument(asker: Asker, view: View, reading: Reading): Promise<readonly string[]> {
  switch (view.kind) {
    case 'issue':
      return await issueDocument(asker, view, reading.now);
    case 'evidence':
      return await evidenceDocument(asker, view, reading);
    case 'subject':
      return await subjectDocument(asker, await issueOf(asker, view));
    case 'ledger':
      return await ledgerDocument(asker, await issueOf(asker, view));
    case 'group':
      return await groupDocument(asker, view.name, reading.now);
    default:
      return view satisfies never;
  }
}

/** As `faultline groups NAME`. */
async function groupDocument(asker: Asker, name: string, now: number): Promise<readonly string[]> {
  const { groupLines } = await import('../../reading/group-lines.ts');
  const { body } = await asker.json<IssueGroup>(`/apis/${API_VERSION}/issuegroups/${name}`);
  return groupLines(body, now);
}

interface Named {
  readonly namespace: string;
  readonly name: string;
  readonly asOf: number | undefined;
}

async function issueDocument(asker: Asker, { namespace, name, asOf }: Named, now: number): Promise<string[]> {
  const { describeOne } = await import('../../reading/run-describe.ts');
  const { descriptionLines } = await import('../../reading/describe-lines.ts');
  const at = asOf === undefined ? undefined : new Date(asOf).toISOString();
  const described = await describeOne(asker, namespace, name, at);
  const lines = descriptionLines(described, asOf ?? now);
  // Owners are read as they are now.
  return at === undefined ? [...lines, ...(await ownerLines(asker, described.issue))] : lines;
}

async function subjectDocument(asker: Asker, { metadata, spec }: Issue): Promise<readonly string[]> {
  return await yamlLines(await readObject(asker, spec.subject, metadata.namespace));
}

/** What was recorded, and the log of the Pod as long as there is one. Of the past only what was recorded of it. */
async function evidenceDocument(asker: Asker, view: Named, reading: Reading): Promise<readonly string[]> {
  const { status, lines } = await evidenceOf(asker, view);
  if (view.asOf !== undefined) return await linesThen(asker, view, view.asOf, { status, lines }, reading.now);
  const { signal, after, tell } = reading;
  tell(lines);
  const [{ followLogs }, issue] = await Promise.all([import('./live-log.ts'), issueOf(asker, view)]);
  const log = await followLogs({
    ...{ asker, issue, evidence: status, signal, after },
    tell: (more) => tell([...lines, ...more]),
  });
  return [...lines, ...log];
}

/** What was recorded is kept of now, and would be told as if it were of then: as `faultline evidence --as-of`. */
async function linesThen(
  asker: Asker,
  view: Named,
  asOf: number,
  { status, lines }: Evidence,
  now: number,
): Promise<readonly string[]> {
  if (status === undefined) return lines;
  const [{ endOfMoment, showsThen }, issue] = await Promise.all([
    import('../../reading/then.ts'),
    issueOf(asker, view),
  ]);
  if (showsThen(status, issue, endOfMoment(new Date(asOf).toISOString(), now))) return lines;
  return [`What there is was recorded later, at ${oneLine(status.recordedAt, 64)}.`];
}

interface Evidence {
  readonly status?: IssueEvidenceStatus | undefined;
  readonly lines: readonly string[];
}

async function evidenceOf(asker: Asker, { namespace, name }: Named): Promise<Evidence> {
  const { evidenceLines } = await import('../../actions/evidence-lines.ts');
  try {
    const { body } = await asker.json<IssueEvidence>(`${issuesPath(namespace, name)}/evidence`);
    return { status: body.status, lines: evidenceLines(body.status) };
  } catch (error) {
    if (!(error instanceof Refusal) || (error.status !== 404 && error.status !== 403)) throw error;
    const why =
      error.status === 404
        ? 'No evidence was recorded of this issue: see docs/evidence.md.'
        : oneLine(`What was recorded you may not read: ${error.message}`, 1_000);
    return { lines: [why] };
  }
}

async function issueOf(asker: Asker, { namespace, name, asOf }: Named): Promise<Issue> {
  const at = asOf === undefined ? undefined : new Date(asOf).toISOString();
  const query = { namespace, labelSelector: '', fieldSelector: '', asOf: at, table: false, objects: true };
  const { rows } = await readIssue(asker, name, query);
  return rows[0]?.object as Issue;
}

/** What the controllers make of what was looked at. */
async function ledgerDocument(asker: Asker, { metadata, spec, status }: Issue): Promise<readonly string[]> {
  const { explanationLines } = await import('../../explain/run-explain.ts');
  const { kind, name, apiVersion } = status.observed ?? spec.subject;
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  const question: Explanation = {
    ...{ apiVersion: API_VERSION, kind: 'Explanation' },
    spec: { group, kind, name, namespace: spec.subject.namespace ?? metadata.namespace },
  };
  const { body } = await asker.json<Explanation>(`/apis/${API_VERSION}/explanations`, { body: question });
  return explanationLines(body as Parameters<typeof explanationLines>[0]);
}
