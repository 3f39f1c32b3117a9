import { hash } from 'node:crypto';
import type { Issue } from '../../crds/issue.ts';
import { multiLine, oneLine } from '../../crds/text.ts';
import { formatTime } from '../../crds/time.ts';
import type { IssueTransition, TransitionKind } from '../store/issue-transitions.ts';

/** A core/v1 ObjectReference, as far as an Event needs it. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for a cluster-scoped object. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
}

/** A core/v1 Event as kubectl reads it. */
export interface CoreEvent {
  readonly apiVersion: 'v1';
  readonly kind: 'Event';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly involvedObject: ObjectReference;
  /** The other one of the issue and the object, when there is one. */
  readonly related?: ObjectReference;
  readonly type: 'Warning' | 'Normal';
  /** IssueOpened, IssueReopened, IssueFlapping or IssueResolved. */
  readonly reason: string;
  readonly action: string;
  /** One line. */
  readonly message: string;
  readonly count: number;
  /** RFC 3339. */
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly source: { readonly component: string };
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

export interface EventContext {
  /** Which process writes: its host or pod. */
  readonly instance: string;
  /** Namespace of the issues of cluster-scoped subjects. */
  readonly clusterScopedNamespace: string;
}

/** What kubectl shows as FROM, and what a field selector on `reportingComponent` finds. */
export const COMPONENT = 'faultline';
const CONTROLLER = 'faultline.dev/server';
/** Limits of Kubernetes' validation: bytes of a message, characters of reportingInstance. */
const MAX_MESSAGE = 1_024;
const MAX_INSTANCE = 128;
/** Where Kubernetes keeps Events about objects without a namespace. */
const CLUSTER_SCOPED_EVENTS = 'default';

const WORDS = {
  opened: { type: 'Warning', reason: 'IssueOpened', action: 'Open' },
  reopened: { type: 'Warning', reason: 'IssueReopened', action: 'Reopen' },
  flapping: { type: 'Warning', reason: 'IssueFlapping', action: 'Flap' },
  resolved: { type: 'Normal', reason: 'IssueResolved', action: 'Resolve' },
} as const satisfies Record<TransitionKind, object>;

/**
 * The Events of one transition: about the issue, and about the object that showed it, else the subject. None about a
 * subject in another namespace than the issue's: who may read there may not read the issue. About a cluster-scoped one
 * there is one, where `kubectl describe` looks, and for the same reason it says only which issue and how severe.
 *
 * Names are made of the change, which is unique: the same transition makes the same names again, on any replica.
 */
export function eventsOf({ kind, change, at, issue }: IssueTransition, context: EventContext): readonly CoreEvent[] {
  const { apiVersion, metadata, spec, status } = issue;
  const { name, namespace, uid } = metadata;
  const self: ObjectReference = { apiVersion, kind: issue.kind, namespace, name, uid };
  const about = aboutOf(issue, context);
  const why = kind === 'resolved' ? (status.resolvedReason ?? 'Resolved') : spec.reason;
  const text = kind === 'resolved' ? `${why}: ${spec.title}` : `${spec.severity}: ${spec.title} (${why})`;
  const id = `${name}.${change.toString(16)}`;
  const event = (
    involvedObject: ObjectReference,
    related: ObjectReference | undefined,
    eventName: string,
    message: string,
  ): CoreEvent => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: eventName, namespace: involvedObject.namespace ?? CLUSTER_SCOPED_EVENTS },
    involvedObject,
    ...(related && { related }),
    ...WORDS[kind],
    message: messageOf(message),
    count: 1,
    firstTimestamp: formatTime(at),
    lastTimestamp: formatTime(at),
    source: { component: COMPONENT },
    reportingComponent: CONTROLLER,
    reportingInstance: oneLine(context.instance, MAX_INSTANCE),
  });
  const own = event(self, about, id, text);
  if (about === undefined) return [own];
  const told =
    about.namespace === undefined ? `issue ${namespace}/${name}: ${spec.severity}` : `issue ${name}: ${text}`;
  return [own, event(about, self, `${id}.object`, told)];
}

function aboutOf(issue: Issue, context: EventContext): ObjectReference | undefined {
  const { metadata, spec, status } = issue;
  const { namespace } = metadata;
  const { subject } = spec;
  const clusterScoped = subject.namespace === undefined && namespace === context.clusterScopedNamespace;
  // What is wrong with a Node may be seen on a Pod: where that one is, nobody says.
  const observed = clusterScoped && status.observed?.kind !== subject.kind ? undefined : status.observed;
  const { apiVersion, kind, name } = observed ?? subject;
  const where = clusterScoped ? {} : { namespace };
  if (observed) return { apiVersion, kind, name, ...where, ...(observed.uid === '' ? {} : { uid: observed.uid }) };
  // Nobody says where an object without a look at it is, but the subject itself.
  return clusterScoped || subject.namespace === namespace ? { apiVersion, kind, name, ...where } : undefined;
}

/** One line of at most 1,024 bytes; multiLine counts bytes, and finds no second line. */
function messageOf(text: string): string {
  return multiLine(oneLine(text, MAX_MESSAGE), MAX_MESSAGE);
}

/** Of identical Events about one object only the count of the first rises. */
export function sameEvent({ involvedObject, type, reason, message }: CoreEvent): string {
  return hash('sha256', JSON.stringify([referenceOf(involvedObject), type, reason, message]), 'base64');
}

/** What one budget is for: the object, and the type of Event. */
export function budgetOf({ involvedObject, type }: CoreEvent): string {
  return hash('sha256', JSON.stringify([referenceOf(involvedObject), type]), 'base64');
}

function referenceOf({ apiVersion, kind, namespace, name, uid }: ObjectReference): unknown[] {
  return [apiVersion, kind, namespace, name, uid];
}
