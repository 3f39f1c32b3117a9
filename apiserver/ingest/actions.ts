import { MAX_ASSIGNEE } from '../../crds/issue-assignment.ts';
import { DNS_SUBDOMAIN } from '../../crds/names.ts';
import { multiLine, oneLine } from '../../crds/text.ts';
import {
  type Store,
  type StoredIssue,
  StoreUnavailable,
  type SubjectState,
  type SubjectWrite,
} from '../store/store.ts';
import { ActionRefused, type Deed, type Done, deedTo, isNews, remarkOf } from './deeds.ts';
import { refOf } from './normalize.ts';
import type { Namespaces } from './ports.ts';

/**
 * What people do to issues, outside of any report: row 10 of the decision table, and what leaves the state alone. The
 * change and its line in the timeline are one transaction, on condition that nobody wrote the subject meanwhile; who
 * lost such a race decides again, so that nobody's line is lost, whichever replica they asked.
 */
export interface IssueAction extends Done {
  readonly namespace: string;
  readonly name: string;
  /** Who, as the API server knows them. Their right was checked before. */
  readonly actor: string;
  /** Called with what is stored right before it is written; what it throws refuses the action. */
  readonly expect?: (issue: StoredIssue) => void;
  /** Answer what would be and write nothing. */
  readonly dryRun?: boolean;
}

const MAX_TRIES = 20;
const MAX_ACTOR = 1_024;
const MAX_COMMENT_BYTES = 4_096;

/**
 * The issue as it is afterwards; the same when there was nothing to do. Rejects with ActionRefused, with what `expect`
 * throws, and with StoreUnavailable or NamespacesUnavailable.
 */
export async function act(store: Store, namespaces: Namespaces, given: IssueAction): Promise<StoredIssue> {
  const action = harmless(given);
  const { namespace, name } = action;
  await requireNamespace(namespaces, namespace);
  // What is no name would not even be text to the database.
  const found = DNS_SUBDOMAIN.test(name) ? await store.issue(namespace, name) : undefined;
  if (!found) throw missing(action);
  const { source, subject, key } = found.spec;
  for (let tried = 0; tried < MAX_TRIES; tried++) {
    const { now, subjects } = await store.readSubjects([refOf(namespace, source, subject)]);
    const [state] = subjects;
    const issue = state?.issues.get(key);
    if (!state || !issue || (issue.hiddenAt !== undefined && action.what.action !== 'delete')) throw missing(action);
    action.expect?.(issue);
    const write = deedTo(issue, action, now);
    if (action.dryRun) return write?.issue ?? issue;
    const more = write ? { issues: [write] } : await remarkOn(store, issue, action, now);
    if (!more) return issue;
    const { outcomes, lastChange } = await store.commit([conditionally(state, more)]);
    if (outcomes[0] === 'committed') return write ? { ...write.issue, change: lastChange } : issue;
  }
  throw new StoreUnavailable(`issue ${namespace}/${name} changes too often: try again`);
}

/** Names and words end in somebody's terminal. */
function harmless({ comment = '', ...action }: IssueAction): IssueAction {
  const words = multiLine(comment, MAX_COMMENT_BYTES);
  const cleaned = { ...action, actor: oneLine(action.actor, MAX_ACTOR), what: harmlessDeed(action.what) };
  return { ...cleaned, ...(words !== '' && { comment: words }) };
}

function harmlessDeed(what: Deed): Deed {
  if (what.action !== 'assign' || what.assignee === undefined) return what;
  return { ...what, assignee: oneLine(what.assignee, MAX_ASSIGNEE) };
}

async function remarkOn(
  store: Store,
  issue: StoredIssue,
  action: IssueAction,
  now: number,
): Promise<Pick<SubjectWrite, 'issues' | 'remarks'> | undefined> {
  if (!isNews(issue, action, await store.timeline(issue.id), now)) return undefined;
  return { issues: [], remarks: [{ issueId: issue.id, ...remarkOf(issue, action) }] };
}

function conditionally(state: SubjectState, more: Pick<SubjectWrite, 'issues' | 'remarks'>): SubjectWrite {
  return {
    ref: state.ref,
    expectedVersion: state.version,
    expectedEveryAspectVersion: state.everyAspectVersion,
    watermarks: new Map([['', state.watermarks.get('')]]),
    ...more,
  };
}

/** kube-apiserver admits nothing for aggregated resources: a namespace that goes takes nothing more (S6, decision 11). */
async function requireNamespace(namespaces: Namespaces, name: string): Promise<void> {
  const known = await namespaces.resolve(name);
  if (known === 'missing') throw new ActionRefused('no namespace', `namespace ${name} not found`);
  if (known === 'terminating') {
    throw new ActionRefused('namespace terminating', `namespace ${name} is being terminated`);
  }
}

function missing({ namespace, name }: IssueAction): ActionRefused {
  return new ActionRefused('no issue', `issue ${namespace}/${name} not found`);
}
