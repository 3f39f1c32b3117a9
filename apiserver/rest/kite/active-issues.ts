import { escapeForTerminal } from '../../../crds/text.ts';
import type { ReadyObject } from '../../kube/ready-object.ts';
import type { StoredIssue } from '../../store/store.ts';
import { type KiteIssue, kiteIssue, UNRELATED } from './issue-json.ts';
import type { ListQuery } from './list-query.ts';
import type { KiteStore } from './options.ts';

/** An Active issue as lists show it: what selects and orders it, and its JSON, ready. */
export interface ActiveIssue {
  readonly id: string;
  readonly openedAt: number;
  readonly severity: string;
  readonly issueType: string;
  readonly resourceType: string;
  readonly resourceName: string;
  /** Without relations. */
  readonly bytes: Buffer;
}

/** Names in one query. */
const PAGE = 1_000;

/**
 * The Active issues of a namespace, newest first, from memory. Which they are the watch cache knows; what Kite shows of
 * them besides (the id, microseconds) is read once for each version of an issue and goes when the cache forgets it.
 */
export class ActiveIssues {
  readonly #store: Pick<KiteStore, 'issuesByName'>;
  /** Undefined: it was Active no more when it was read; its change is on the way. */
  readonly #known = new WeakMap<ReadyObject, Promise<ActiveIssue | undefined> | { readonly issue?: ActiveIssue }>();
  /** Of the same objects the same list: an array of the cache never changes. */
  readonly #sorted = new WeakMap<readonly ReadyObject[], readonly ActiveIssue[]>();

  constructor(store: Pick<KiteStore, 'issuesByName'>) {
    this.#store = store;
  }

  /** `objects`: all visible issues of `namespace`. */
  async of(namespace: string, objects: readonly ReadyObject[]): Promise<readonly ActiveIssue[]> {
    const sorted = this.#sorted.get(objects);
    if (sorted) return sorted;
    const active = objects.filter(({ fields }) => fields['status.state'] === 'Active');
    this.#read(
      namespace,
      active.filter((object) => !this.#known.has(object)),
    );
    const issues: ActiveIssue[] = [];
    for (const object of active) {
      const known = this.#known.get(object);
      const issue = known instanceof Promise ? await known : known?.issue;
      if (issue) issues.push(issue);
    }
    issues.sort((a, b) => b.openedAt - a.openedAt || (a.id < b.id ? -1 : 1));
    this.#sorted.set(objects, issues);
    return issues;
  }

  /** Begins to read what is unknown; who asks meanwhile waits for the same answer. */
  #read(namespace: string, unknown: readonly ReadyObject[]): void {
    for (let from = 0; from < unknown.length; from += PAGE) {
      const objects = unknown.slice(from, from + PAGE);
      const read = this.#store
        .issuesByName(
          namespace,
          objects.map(({ name }) => name),
        )
        .then((stored) => new Map(stored.map((issue) => [issue.name, issue])));
      for (const object of objects) {
        const pending = read.then(
          (found) => {
            const issue = activeIssue(found.get(object.name));
            this.#known.set(object, issue ? { issue } : {});
            return issue;
          },
          (error: unknown) => {
            this.#known.delete(object);
            throw error;
          },
        );
        pending.catch(() => {}); // whoever waits is told
        this.#known.set(object, pending);
      }
    }
  }
}

function activeIssue(stored: StoredIssue | undefined): ActiveIssue | undefined {
  if (stored?.state !== 'Active') return undefined;
  const shown = kiteIssue(stored, UNRELATED, { links: true });
  return {
    id: stored.id,
    openedAt: stored.openedAt,
    severity: shown.severity,
    issueType: shown.issueType,
    resourceType: shown.scope.resourceType,
    resourceName: shown.scope.resourceName,
    bytes: jsonBytes(shown),
  };
}

export function jsonBytes(value: KiteIssue | object): Buffer {
  return Buffer.from(escapeForTerminal(JSON.stringify(value)));
}

export function selectActive(issues: readonly ActiveIssue[], query: ListQuery): readonly ActiveIssue[] {
  const { severity, issueType, resourceType, resourceName } = query;
  if (severity + issueType + resourceType + resourceName === '') return issues;
  return issues.filter(
    (issue) =>
      (severity === '' || issue.severity === severity) &&
      (issueType === '' || issue.issueType === issueType) &&
      (resourceType === '' || issue.resourceType === resourceType) &&
      (resourceName === '' || issue.resourceName === resourceName),
  );
}
