import type { Evidence } from '../../crds/evidence.ts';
import type { IssueSpec, ObservedObject } from '../../crds/issue.ts';
import type { OrderKey } from '../../crds/order.ts';
import type { SubjectRef } from '../store/store.ts';

/** A report after the door: text cleaned, times in µs since 1970, identities hashed. What `decide` works on. */
export interface NormalizedReport {
  readonly ref: SubjectRef;
  /** Of a `received` report and of the deletion of a run's subject only valid after `stamp` (stamp.ts). */
  readonly order: OrderKey;
  readonly observedAt?: number;
  readonly observed?: ObservedObject;
  readonly expiresAt?: number;
  readonly deliveryId?: string;
  readonly body: NormalizedBody;
}

export type NormalizedBody =
  | { readonly kind: 'complete'; readonly findings: readonly NormalizedFinding[] }
  | {
      readonly kind: 'incremental';
      readonly findings: readonly NormalizedFinding[];
      readonly resolve: readonly string[];
    }
  /** `subject`: this subject with its aspect, or the observed object. `everyAspect`: the subject with all its aspects. */
  | { readonly kind: 'deleted'; readonly what: 'subject' | 'everyAspect' }
  /** Row 7: these keys were shown by objects that are not in a complete list. Never reported, made by a sync. */
  | { readonly kind: 'unlisted'; readonly keys: readonly string[] };

/** The deletion of a whole subject: it decides subjects that its report does not name. */
export function coversEveryAspect({ body }: NormalizedReport): boolean {
  return body.kind === 'deleted' && body.what === 'everyAspect';
}

export interface NormalizedFinding {
  readonly key: string;
  readonly spec: IssueSpec;
  /** The reporter's labels whose values are valid ones. */
  readonly labels: Readonly<Record<string, string>>;
  /** Equal means that there is nothing to write: finding, labels, observed object and expiry. */
  readonly contentHash: string;
  /** What shows it; not part of the content. */
  readonly evidence?: NormalizedEvidence;
}

export interface NormalizedEvidence {
  readonly evidence: Evidence;
  /** What a search looks into. */
  readonly text: string;
}
