import { createEngine, type Engine, type Namespaces, trustedAccess } from '../../apiserver/ingest/index.ts';
import { subjectOf } from '../../apiserver/rest/kite/scope.ts';
import { severityOf } from '../../apiserver/rest/kite/words.ts';
import { linksOf } from '../../apiserver/rest/kite/writer.ts';
import type { KiteDatabase } from '../../apiserver/store/kite-database.ts';
import type { Store, StoredIssue } from '../../apiserver/store/store.ts';
import { fingerprint, issueName } from '../../crds/identity.ts';
import type { Report, ReportBody } from '../../crds/report.ts';
import { Grouping, type KiteGroup } from './kite-groups.ts';

export interface ImportOptions {
  readonly from: KiteDatabase;
  readonly store: Store;
  readonly namespaces: Namespaces;
  readonly clusterScopedNamespace: string;
  readonly onProgress: (label: string, done: number, total: number) => void;
  readonly signal: AbortSignal;
  readonly newId: () => string;
}

export interface Imported {
  rows: number;
  /** Written now; of these Active. */
  issues: number;
  active: number;
  /** There already, or something newer was said here than Kite's. */
  unchanged: number;
  relations: number;
  /** Relations of issues that were left out, or that were there. */
  otherRelations: number;
  readonly merged: { readonly what: string; readonly rows: number; readonly id: string }[];
  /** By what was wrong. */
  readonly leftOut: Map<string, number>;
}

const CALLER = { name: 'faultline-import', groups: [] };
const SOURCE = 'kite';

/**
 * Copies what Kite stored: each issue as reports of the source `kite`, with Kite's times and its id, then the relations.
 * A row counts as received when Kite last wrote it. So the engine itself knows what was imported before and what clients
 * said here since, whatever the clocks say: it can be run as often as one likes, also while Kite still works.
 */
export async function importKite(options: ImportOptions): Promise<Imported> {
  const { from, onProgress, signal } = options;
  const { issues: total, relations } = await from.counts();
  const done: Imported = {
    ...{ rows: 0, issues: 0, active: 0, unchanged: 0, relations: 0, otherRelations: 0 },
    ...{ merged: [], leftOut: new Map() },
  };
  await using importer = new Importer(options, done);
  const grouping = new Grouping();
  await from.issues(async (page) => {
    for (const group of grouping.add(page)) {
      signal.throwIfAborted();
      await importer.take(group);
      onProgress('issues', done.rows, total);
    }
  });
  for (const group of grouping.end()) await importer.take(group);
  onProgress('issues', done.rows, total);
  for (const [index, { source, target }] of (await from.relations()).entries()) {
    signal.throwIfAborted();
    await importer.relate(source, target);
    onProgress('relations', index + 1, relations);
  }
  return done;
}

class Importer implements AsyncDisposable {
  readonly #options: ImportOptions;
  readonly #done: Imported;
  readonly #engine: Engine;
  /** Our id by each id of Kite. */
  readonly #ids = new Map<string, string>();
  #nextId: string | undefined;

  constructor(options: ImportOptions, done: Imported) {
    this.#options = options;
    this.#done = done;
    const { store, namespaces, clusterScopedNamespace, newId } = options;
    // The first id that the engine asks for is that of the issue which it opens.
    const id = (): string => {
      const next = this.#nextId ?? newId();
      this.#nextId = undefined;
      return next;
    };
    this.#engine = createEngine({ store, namespaces, access: trustedAccess, clusterScopedNamespace, newId: id });
  }

  async take(group: KiteGroup): Promise<void> {
    const done = this.#done;
    const { row, ids } = group;
    const { namespace, resource_type: type, resource_name: name } = row;
    done.rows += ids.length;
    const known = await this.#stored(group);
    // A resolve by a person leaves no mark that a report could be older than.
    if (known?.resolvedReason === 'Manual' && (known.resolvedAt ?? 0) > group.updatedAt) {
      done.unchanged += 1;
      this.#remember(ids, known.id);
      return;
    }
    const [taken] = known ? [] : await this.#options.store.issuesById([row.id]);
    this.#nextId = known || taken ? undefined : row.id;
    const stored = await this.#report(group);
    this.#nextId = undefined;
    if (typeof stored === 'string') {
      done.leftOut.set(stored, (done.leftOut.get(stored) ?? 0) + 1);
      return;
    }
    if (stored.isKnown) {
      done.unchanged += 1;
      this.#remember(ids, stored.issue.id);
      return;
    }
    done.issues += 1;
    if (group.isActive) done.active += 1;
    this.#remember(ids, stored.issue.id);
    if (ids.length > 1) {
      const what = `${namespace}  ${type}/${name}  ${row.issue_type}`;
      done.merged.push({ what, rows: ids.length, id: stored.issue.id });
    }
  }

  async relate(source: string, target: string): Promise<void> {
    const [one, other] = [this.#ids.get(source), this.#ids.get(target)];
    const made = one && other ? await this.#options.store.relate(one, other, CALLER.name) : 'missing';
    if (made === 'related') this.#done.relations += 1;
    else this.#done.otherRelations += 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine[Symbol.asyncDispose]();
  }

  #remember(ids: readonly string[], id: string): void {
    for (const each of ids) this.#ids.set(each, id);
  }

  async #stored({ row }: KiteGroup): Promise<StoredIssue | undefined> {
    const { namespace } = row;
    const subject = subjectOfRow(row);
    const print = fingerprint(namespace, SOURCE, subject, row.issue_type);
    const names = [issueName(subject, print), issueName(subject, print, 12)];
    const hex = print.toString('hex');
    return (await this.#options.store.issuesByName(namespace, names)).find((issue) => issue.fingerprint === hex);
  }

  /** The stored issue and whether all of this was known, or why it was left out. */
  async #report(group: KiteGroup): Promise<{ issue: StoredIssue; isKnown: boolean } | string> {
    let stored: StoredIssue | undefined;
    const reports = reportsOf(group);
    const { results } = await this.#engine.submit(reports, CALLER, {
      // The last of them says what Kite wrote last.
      receivedAt: (index) => group.updatedAt - (reports.length - 1 - index),
      stored: (_, [issue]) => {
        stored = issue ?? stored;
      },
    });
    const refused = results.find(({ status }) => status !== 200);
    if (refused) return refused.error ?? `status ${refused.status}`;
    if (!stored) return 'a client said here since that it is over';
    // Rows 1 and 2 of the decision table: older than what is known, or the same.
    const isKnown = results.every(({ decisions = [] }) => decisions.every(({ cell }) => /^[12]/.test(cell)));
    return { issue: stored, isKnown };
  }
}

function subjectOfRow({
  resource_type: resourceType,
  resource_name: resourceName,
  resource_namespace,
}: KiteGroup['row']) {
  return subjectOf({ resourceType, resourceName, resourceNamespace: resource_namespace });
}

/** What Kite says of an issue: when it began and, when it is over, when it ended. */
function reportsOf({ row, links, openedAt, resolvedAt }: KiteGroup): Report[] {
  const shown = linksOf(links, () => {});
  const said = (observedAt: number, body: ReportBody): Report => ({
    ...{ source: SOURCE, namespace: row.namespace, subject: subjectOfRow(row), order: { class: 'received' } },
    ...{ observedAt: new Date(observedAt / 1_000).toISOString(), crossNamespaceText: true, body },
  });
  const finding = {
    ...{
      key: row.issue_type,
      type: row.issue_type,
      reason: 'Reported',
      title: row.title,
      description: row.description,
    },
    severity: severityOf(row.severity, () => {}) ?? 'minor',
    ...(shown.length > 0 && { links: shown }),
  } as const;
  const failing = said(openedAt, { complete: false, findings: [finding] });
  if (resolvedAt === undefined) return [failing];
  return [failing, said(resolvedAt, { complete: false, findings: [], resolve: [row.issue_type] })];
}
