import { objectHash } from '../../crds/identity.ts';
import { SOURCE_NAME } from '../../crds/names.ts';
import type { OrderKey } from '../../crds/order.ts';
import {
  FENCED,
  type LeadRequest,
  type LeadResponse,
  leadRequestSchema,
  type SourceFilter,
  type SubjectsResponse,
  type SyncRequest,
  type SyncResponse,
  syncRequestSchema,
} from '../../crds/report.ts';
import { isInShard, shardName } from '../../crds/shard.ts';
import { currentEpochs, selectorSince } from '../store/source-coverage.ts';
import type { ActiveIssue, LedSource, Store, StoredSource } from '../store/store.ts';
import { fenced } from './batch.ts';
import type { GroupCommit } from './group-commit.ts';
import { accept, InvalidInput } from './input.ts';
import { explicitNamespaces, namespaceFilter } from './namespaces.ts';
import type { NormalizedReport } from './normalized.ts';
import type { Caller, Namespaces, ReportAccess } from './ports.ts';
import { subjectKey } from './unit.ts';

/** The caller may not speak as a source: 403. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
}

/** Somebody else leads the source by now: 409. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

export interface LeadersOptions {
  readonly store: Store;
  readonly namespaces: Namespaces;
  readonly access: ReportAccess;
  readonly commits: GroupCommit;
  readonly clusterScopedNamespace: string;
}

/** Who leads a source, and what a leader may ask: lead, sync (row 7), subjects. contracts.md "Report". */
export class Leaders {
  readonly #options: LeadersOptions;

  constructor(options: LeadersOptions) {
    this.#options = options;
  }

  async lead(input: unknown, caller: Caller): Promise<LeadResponse> {
    const request = accept(leadRequestSchema, input, 'lead request', SOURCES) as LeadRequest;
    const { manager, shard = '', sources, unknown = [] } = request;
    checkShards(shard, sources);
    // A manager's name belongs to whoever uses it: a lead without a source declares that source absent (row 8), and
    // nobody may do that to the sources of somebody else.
    const owned = `${caller.name}/${manager}`;
    for (const source of sources as LedSource[]) await this.#allowToLead(caller, owned, shard, source);
    const epochs = await this.#options.store.lead(owned, shard, sources as LedSource[], unknown);
    return { sources: sources.map(({ name }, index) => ({ name, epoch: epochs[index] as number })) };
  }

  async sync(source: string, input: unknown, caller: Caller): Promise<SyncResponse> {
    checkSource(source);
    const { epoch, shard = '', filter, objects } = accept(syncRequestSchema, input, 'sync request') as SyncRequest;
    await this.#allow(caller, source, filter.namespaces);
    const shards = await this.#options.store.shards(source);
    const leader = shards.find((each) => each.shard === shard);
    if (!leader) throw new Fenced(`${FENCED} nobody leads source ${source}: call /api/v1/lead first`);
    const current = currentEpochs(shards);
    if (leader.epoch !== epoch || !current.includes(epoch)) {
      throw new Fenced(fenced(source, epoch, leader.epoch === epoch ? Math.max(...current) : leader.epoch));
    }
    // As for reports: about a subject elsewhere, or in no namespace, speaks who has the right for the whole cluster.
    const everywhere = await this.#mayEverywhere(caller, source, filter.namespaces);
    const inside = (await this.#options.store.activeIssues(source))
      .filter(this.#isInside(filter))
      .filter(({ ref: { namespace, subject } }) => everywhere || subject.namespace === namespace);
    const listed = new Set(objects);
    // What was not looked at since the labels changed may be there and not selected: that is row 8, the sweeper's.
    const since = selectorSince(leader);
    const gone = inside
      .filter(({ watermark }) => isOlder(watermark, epoch) && (since === undefined || !isOlder(watermark, since)))
      .filter((each) => isUnlisted(each, listed));
    const resolved = await this.#resolve(gone, leader);
    return { resolved, kept: inside.length - resolved };
  }

  async subjects(source: string, caller: Caller): Promise<SubjectsResponse> {
    checkSource(source);
    // All shards of a source cover the same namespaces.
    const shards = await this.#options.store.shards(source);
    const led = shards.find(({ absentSince }) => absentSince === undefined) ?? shards[0];
    const namespaces = led?.filter.namespaces ?? ['*'];
    await this.#allow(caller, source, namespaces);
    // Who was asked about some namespaces only sees those.
    const explicit = explicitNamespaces(namespaces);
    const issues = await this.#options.store.activeIssues(source);
    const bySubject = new Map<string, SubjectsResponse['subjects'][number]>();
    for (const { ref, issue } of issues) {
      if (explicit && !explicit.includes(ref.namespace)) continue;
      const known = bySubject.get(subjectKey(ref));
      if (known) known.keys.push(issue.spec.key);
      else {
        const { observed } = issue;
        const { namespace, subject } = ref;
        bySubject.set(subjectKey(ref), {
          namespace,
          subject,
          keys: [issue.spec.key],
          ...(observed ? { observed } : {}),
        });
      }
    }
    return { subjects: [...bySubject.values()] };
  }

  async #allow(caller: Caller, source: string, namespaces: readonly string[]): Promise<void> {
    const permission = await this.#options.access.mayLead(caller, { source, namespaces });
    if (!permission.allowed) throw new NotAllowed(permission.reason);
  }

  /**
   * A registration speaks for the whole source: it fences the one before, what it leaves out is absent (row 8), and
   * another class forgets what was seen. So the right in some namespaces is enough only for who leads it already, and
   * for a source that has nothing in others.
   */
  async #allowToLead(caller: Caller, manager: string, shard: string, led: LedSource): Promise<void> {
    const { name, filter } = led;
    await this.#allow(caller, name, filter.namespaces);
    if (await this.#mayEverywhere(caller, name, filter.namespaces)) return;
    const registered = await this.#options.store.source(name, shard);
    if (registered?.manager === manager && registered.class === led.class) return;
    if (registered) await this.#allow(caller, name, registered.filter.namespaces);
    const issues = await this.#options.store.activeIssues(name);
    if (!issues.every(({ ref }) => filter.namespaces.includes(ref.namespace))) await this.#allow(caller, name, ['*']);
  }

  /** Whether the right that was asked for in these namespaces is one for all. */
  async #mayEverywhere(caller: Caller, source: string, namespaces: readonly string[]): Promise<boolean> {
    if (explicitNamespaces(namespaces) === undefined) return true;
    return (await this.#options.access.mayLead(caller, { source, namespaces: ['*'] })).allowed;
  }

  #isInside({ namespaces, shard }: SourceFilter): (each: ActiveIssue) => boolean {
    const matches = namespaceFilter(namespaces);
    const { clusterScopedNamespace } = this.#options;
    const isCovered = ({ ref: { namespace, subject } }: ActiveIssue): boolean =>
      matches(namespace) ||
      // A cluster-scoped object is in no namespace, so no filter leaves it out; only its issue needs a place to live.
      (subject.namespace === undefined && namespace === clusterScopedNamespace);
    // The observed object is in one of the two; when they are in two shards neither leader has listed both.
    const isOfShard = ({ ref: { namespace, subject } }: ActiveIssue): boolean =>
      isInShard(namespace, shard) && isInShard(subject.namespace ?? namespace, shard);
    return (each) => isCovered(each) && isOfShard(each);
  }

  /** Row 7 as reports, one a subject, on the way of all reports. */
  async #resolve(gone: readonly ActiveIssue[], leader: StoredSource): Promise<number> {
    const bySubject = Map.groupBy(gone, ({ ref }) => subjectKey(ref));
    const reports = [...bySubject.values()].map((issues) => {
      const [{ ref, issue }] = issues as [ActiveIssue];
      const report: NormalizedReport = {
        ref,
        order: orderOf(leader),
        body: { kind: 'unlisted', keys: issues.map((each) => each.issue.spec.key) },
      };
      return { report, namespace: { uid: issue.namespaceUid } };
    });
    const outcomes = await this.#options.commits.decide(reports, { force: true });
    return outcomes.flatMap(({ decisions }) => decisions ?? []).filter(({ cell }) => cell === '7B').length;
  }
}

const SOURCES = [{ path: ['sources'], max: 1_000 }];

/** Before every look of the epoch, which the runtime numbers from 1; a run's completion is stamped like a deletion's. */
function orderOf({ class: orderClass, epoch }: StoredSource): OrderKey {
  return orderClass === 'run'
    ? { class: 'run', uid: '', detail: 0, epoch, sequence: 0 }
    : { class: 'state', epoch, sequence: 0 };
}

function isOlder(watermark: OrderKey | undefined, epoch: number): boolean {
  return watermark === undefined || (watermark.class !== 'received' && watermark.epoch < epoch);
}

/**
 * Issues do not keep their observed object's namespace: it is the issue's or the subject's, or none. What may have been
 * listed is not gone; what names no observed object says nothing.
 */
function isUnlisted(
  { ref: { namespace, subject }, issue: { observed } }: ActiveIssue,
  listed: ReadonlySet<string>,
): boolean {
  if (!observed) return false;
  return [namespace, subject.namespace ?? '', ''].every(
    (place) => !listed.has(objectHash(observed.apiVersion, observed.kind, place, observed.name)),
  );
}

/** What a shard is called is what says that two leads are of the same one. */
function checkShards(shard: string, sources: LeadRequest['sources']): void {
  const faults = sources.flatMap(({ filter }, index) => {
    const named = filter.shard && shardName(filter.shard);
    if (named === undefined ? !/^\d+-of-\d+$/.test(shard) : named === shard) return [];
    const message = named === undefined ? `is missing: ${shard} is the name of one` : `is ${named}, but shard is not`;
    return [{ path: `sources[${index}].filter.shard`, message }];
  });
  if (faults.length > 0) throw new InvalidInput('the lead request is invalid', faults);
}

function checkSource(source: string): void {
  if (!SOURCE_NAME.test(source)) throw new InvalidInput(`${JSON.stringify(source)} is not a source name`);
}
