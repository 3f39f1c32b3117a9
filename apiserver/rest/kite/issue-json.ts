import { hash } from 'node:crypto';
import type { Link } from '../../../crds/issue.ts';
import type { Relation, StoredIssue } from '../../store/store.ts';
import { type Scope, scopeOf } from './scope.ts';
import { kiteState } from './words.ts';

/** An issue as Kite's clients know it, member for member and in Kite's order (docs/migrate-from-kite.md). */
export interface KiteIssue {
  id: string;
  title: string;
  description: string;
  severity: string;
  issueType: string;
  state: string;
  detectedAt: string;
  resolvedAt: string | null;
  namespace: string;
  scopeId: string;
  scope: Scope & { id: string };
  links: readonly KiteLink[] | null;
  relatedFrom: readonly KiteRelation[] | null;
  relatedTo: readonly KiteRelation[] | null;
  createdAt: string;
  updatedAt: string;
}

export interface KiteLink {
  readonly id: string;
  readonly title: string;
  readonly url: string;
  readonly issueId: string;
}

export interface KiteRelation {
  readonly id: string;
  readonly sourceId: string;
  readonly targetId: string;
  readonly source: KiteIssue;
  readonly target: KiteIssue;
}

/** The links of an issue that its reader may see the other end of, and those other ends. */
export interface Related {
  readonly relations: readonly Relation[];
  readonly others: ReadonlyMap<string, StoredIssue>;
}

export const UNRELATED: Related = { relations: [], others: new Map() };

/** `links`: lists carry them; Kite's answers about one issue say null. */
export function kiteIssue(issue: StoredIssue, related: Related, how: { readonly links: boolean }): KiteIssue {
  const { relations, others } = related;
  const joined = (end: 'sourceId' | 'targetId', other: 'sourceId' | 'targetId'): KiteRelation[] =>
    relations.flatMap((relation) => {
      const found = relation[end] === issue.id ? others.get(relation[other]) : undefined;
      return found ? [kiteRelation(relation, found)] : [];
    });
  return {
    ...bareIssue(issue),
    links: how.links ? kiteLinks(issue.id, issue.spec.links ?? []) : null,
    relatedFrom: joined('sourceId', 'targetId'),
    relatedTo: joined('targetId', 'sourceId'),
    createdAt: timeText(issue.createdAt),
    updatedAt: timeText(issue.changedAt),
  };
}

/** The other end in full, and of this end nothing: so Kite's database library fills it. */
function kiteRelation({ id, sourceId, targetId }: Relation, other: StoredIssue): KiteRelation {
  const shown = bareIssue(other);
  return {
    ...{ id, sourceId, targetId },
    source: other.id === sourceId ? shown : NOTHING,
    target: other.id === targetId ? shown : NOTHING,
  };
}

function bareIssue(issue: StoredIssue): KiteIssue {
  const { id, namespace, spec } = issue;
  const scopeId = derivedId(id, 'scope');
  return {
    id,
    title: spec.title,
    description: spec.description ?? '',
    severity: spec.severity,
    issueType: spec.type,
    state: kiteState(issue.state),
    detectedAt: timeText(issue.openedAt),
    resolvedAt: issue.resolvedAt === undefined ? null : timeText(issue.resolvedAt),
    namespace,
    scopeId,
    scope: { id: scopeId, ...scopeOf(spec.subject, namespace) },
    links: null,
    relatedFrom: null,
    relatedTo: null,
    createdAt: timeText(issue.createdAt),
    updatedAt: timeText(issue.changedAt),
  };
}

function kiteLinks(issueId: string, links: readonly Link[]): KiteLink[] {
  return links.map(({ title, url }, at) => ({ id: derivedId(issueId, `link ${at}`), title, url, issueId }));
}

const NO_TIME = '0001-01-01T00:00:00Z';
const NOTHING: KiteIssue = {
  ...{ id: '', title: '', description: '', severity: '', issueType: '', state: '', detectedAt: NO_TIME },
  ...{ resolvedAt: null, namespace: '', scopeId: '' },
  scope: { id: '', resourceType: '', resourceName: '', resourceNamespace: '' },
  ...{ links: null, relatedFrom: null, relatedTo: null, createdAt: NO_TIME, updatedAt: NO_TIME },
};

/** Kite keeps scopes and links as rows with ids of their own; here they are parts of an issue, so their ids follow from it. */
function derivedId(issueId: string, part: string): string {
  const bytes = hash('sha1', `faultline.dev/kite ${issueId} ${part}`, 'buffer');
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** RFC 3339 with what there is of microseconds, as Go writes times. */
export function timeText(micros: number): string {
  const seconds = new Date(Math.floor(micros / 1_000_000) * 1_000).toISOString().slice(0, 19);
  const fraction = String(micros % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return fraction === '' ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}
