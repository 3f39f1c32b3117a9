import type { Subject } from '../../../crds/issue.ts';
import { groupOf } from '../../../crds/meta.ts';

/**
 * Kite's scope (resourceType, resourceName, resourceNamespace) and our subject. Kite's types are free text in lower case;
 * each becomes a kind from which exactly that text can be made again. Kinds of other sources are shown in lower case.
 */

const TEKTON = 'tekton.dev/v1';
const KONFLUX = 'appstudio.redhat.com/v1alpha1';
/** Of kinds that only Kite's callers know. */
const KITE = 'kite/v1';

const KNOWN: ReadonlyMap<string, ScopeKind> = new Map(
  [
    ...['Pipeline', 'PipelineRun', 'TaskRun'].map((kind) => ({ apiVersion: TEKTON, kind })),
    ...['Application', 'Component', 'Snapshot', 'Release', 'ReleasePlan', 'IntegrationTestScenario'].map((kind) => ({
      ...{ apiVersion: KONFLUX, kind },
    })),
  ].map((known) => [known.kind.toLowerCase(), known]),
);

export interface Scope {
  readonly resourceType: string;
  readonly resourceName: string;
  readonly resourceNamespace: string;
}

/** The kind that stands for a type of resource; `aspect` where the type itself cannot be written as a kind. */
export interface ScopeKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly aspect?: string;
}

export function kindOfType(resourceType: string): ScopeKind {
  const known = KNOWN.get(resourceType);
  if (known) return known;
  if (resourceType.length <= 63 && /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(resourceType)) {
    const kind = resourceType.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
    return { apiVersion: KITE, kind };
  }
  return { apiVersion: KITE, kind: 'Resource', aspect: resourceType };
}

export function subjectOf({ resourceType, resourceName, resourceNamespace }: Scope): Subject {
  const { aspect, ...kind } = kindOfType(resourceType);
  return { ...kind, namespace: resourceNamespace, name: resourceName, ...(aspect !== undefined && { aspect }) };
}

/** `namespace`: of the issue, for a subject without one. */
export function scopeOf(subject: Subject, namespace: string): Scope {
  return {
    resourceType: typeOf(subject),
    resourceName: subject.name,
    resourceNamespace: subject.namespace ?? namespace,
  };
}

function typeOf({ apiVersion, kind, aspect }: Subject): string {
  if (groupOf(apiVersion) !== groupOf(KITE)) return kind.toLowerCase();
  if (kind === 'Resource' && aspect) return aspect;
  return kind.replace(/[A-Z]/g, (letter, at: number) => `${at > 0 ? '-' : ''}${letter.toLowerCase()}`);
}

/** How a type of resource is found in the database. */
export interface StoredType {
  /** `kind` and `aspect` of subjects of this group are compared exactly. */
  readonly group: string;
  readonly kind: string;
  readonly aspect: string;
  /** Kinds of other groups are compared in lower case. */
  readonly lowerKind: string;
}

export function storedType(resourceType: string): StoredType {
  const { kind, aspect = '' } = kindOfType(resourceType);
  return { group: groupOf(KITE), kind, aspect, lowerKind: resourceType };
}
