import { groupOf } from '../../crds/meta.ts';
import { LABELS } from '../../crds/names.ts';
import type { StoredIssue } from '../store/store.ts';

/**
 * Which issue is the cause of which: pure, computed from subjects and labels of what is Active now (docs/related.md has the
 * rules, issue-ancestry.test.ts the table of cases). Software of an Application goes one way: Application > Component >
 * Snapshot > Release. What is broken further up is the cause of what is broken further down.
 */

/** Where in that way an issue is. */
export const STAGES = ['Application', 'Component', 'Snapshot', 'Release'] as const;
export type Stage = (typeof STAGES)[number];

/** What ancestry looks at. */
export type Relative = Pick<StoredIssue, 'id' | 'namespace' | 'name' | 'labels' | 'spec' | 'state' | 'openedAt'>;

/** The owners of an issue: issues of one family may be each other's cause. */
export interface Family {
  /** Of the subject; the issue itself may live elsewhere (a release pipeline's does). */
  readonly namespace: string;
  readonly application?: string;
  readonly component?: string;
}

const KONFLUX = 'appstudio.redhat.com';
const KINDS: Readonly<Record<string, Stage>> = {
  Application: 'Application',
  Component: 'Component',
  Snapshot: 'Snapshot',
  IntegrationTestScenario: 'Snapshot',
  Release: 'Release',
  ReleasePlan: 'Release',
  ReleasePlanAdmission: 'Release',
};

/** Undefined: it is not on that way, and has neither a cause nor consequences. */
export function stageOf({ spec: { subject, type } }: Pick<Relative, 'spec'>): Stage | undefined {
  if (groupOf(subject.apiVersion) !== KONFLUX) return undefined;
  const stage = KINDS[subject.kind];
  // A test of a Component tests a Snapshot that has it, and a release without a plan is one of its Application.
  if (type === 'test' && (stage === 'Component' || stage === 'Application')) return 'Snapshot';
  return type === 'release' && stage !== undefined ? 'Release' : stage;
}

/** Undefined when neither its Application nor its Component is known. */
export function familyOf({ namespace, labels, spec: { subject } }: Relative): Family | undefined {
  const named = (kind: string): string | undefined => (subject.kind === kind ? subject.name : undefined);
  const application = named('Application') ?? labels[LABELS.application] ?? labels.application;
  const component = named('Component') ?? labels[LABELS.component] ?? labels.component;
  if (application === undefined && component === undefined) return undefined;
  return {
    namespace: subject.namespace ?? namespace,
    ...(application !== undefined && { application }),
    ...(component !== undefined && { component }),
  };
}

/** Whether `above` may be the cause of `below`. */
export function isAncestor(above: Relative, below: Relative): boolean {
  const [up, down] = [stageOf(above), stageOf(below)];
  if (up === undefined || down === undefined || STAGES.indexOf(up) >= STAGES.indexOf(down)) return false;
  if (above.state !== 'Active' || below.state !== 'Active') return false;
  // What began later is not why.
  if (above.openedAt > below.openedAt) return false;
  return isOneFamily(familyOf(above), familyOf(below)) && placeOf(above) === placeOf(below);
}

function isOneFamily(above: Family | undefined, below: Family | undefined): boolean {
  if (!above || !below || above.namespace !== below.namespace) return false;
  const differ = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && a !== b;
  if (differ(above.application, below.application) || differ(above.component, below.component)) return false;
  const shared = (a: string | undefined, b: string | undefined): boolean => a !== undefined && a === b;
  return shared(above.application, below.application) || shared(above.component, below.component);
}

/** A failing pull request breaks nothing but itself (design.md decision 9): `pr/18`, or '' for what is released. */
function placeOf({ labels, spec: { subject } }: Relative): string {
  const request = /(?:^|\/)pr\/([^/]+)$/.exec(subject.aspect ?? '')?.[1];
  if (request !== undefined) return `pr/${request}`;
  return labels[LABELS.stage] === 'development' ? `development of ${subject.aspect ?? ''}` : '';
}

/** The cause of `issue` among `others`: the furthest up, of several the oldest. Undefined when it is none's consequence. */
export function causeOf<T extends Relative>(issue: Relative, others: readonly T[]): T | undefined {
  return others.filter((other) => isAncestor(other, issue)).sort(byRoot)[0];
}

/** What `issue` is the cause of among `others`, the oldest first. */
export function consequencesOf<T extends Relative>(issue: Relative, others: readonly T[]): T[] {
  const rest = others.filter(({ id }) => id !== issue.id);
  return rest
    .filter((other) => isAncestor(issue, other) && causeOf(other, [...rest, issue])?.id === issue.id)
    .sort((a, b) => a.openedAt - b.openedAt || compareNames(a, b));
}

function byRoot(a: Relative, b: Relative): number {
  const stage = (one: Relative): number => STAGES.indexOf(stageOf(one) ?? 'Release');
  return stage(a) - stage(b) || a.openedAt - b.openedAt || compareNames(a, b);
}

function compareNames(a: Relative, b: Relative): number {
  return `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1;
}
