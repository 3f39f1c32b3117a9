import type { Report, ReportResult } from '../../crds/report.ts';
import { isFenced } from '../../crds/report.ts';
import type { SpanContext } from '../../tracing/tracer.ts';
import { Backlog, isFailing, runTime } from './backlog.ts';
import { type ClaimedSubject, Claims } from './claims.ts';
import type { GoneSubjects } from './gone-subjects.ts';
import type { Health } from './health.ts';
import type { LoadedController } from './loader.ts';
import type { Logger } from './logger.ts';
import type { LookContext, Looks } from './looks.ts';
import type { ClusterObject } from './object.ts';
import { deletionOf, type Look } from './observation.ts';
import type { Related } from './related.ts';
import type { Sink } from './sink.ts';

export interface ReportingOptions {
  controller: LoadedController;
  live: boolean;
  sink: Sink;
  related: Related;
  gone: GoneSubjects;
  health: Health;
  looks: Looks;
  logger: Logger;
  now: () => number;
  /** A look at this object, numbered now. */
  look: (object: ClusterObject) => Look;
  /** Look at this key again: soon, or with backoff after a refusal. */
  again: (key: string) => void;
  /** `fenced`: the epoch of what was refused because that is over. */
  refused: (key: string, fenced: number | undefined) => void;
  accepted: (key: string) => void;
  /** A report of this epoch was refused because somebody else leads by now. */
  fenced: (epoch: number) => void;
}

/** At most this many reports of a backlog are handed over at once; while they are under way, the next so many are. */
const CHUNK = 500;

/** What one look came to, by subject. */
export interface Seen {
  /** Of every subject, with those that have no verdict: it still belongs to the object. */
  readonly spokenAbout: ReadonlyMap<string, Report>;
  /** What is to be sent. */
  readonly reports: ReadonlyMap<string, Report>;
}

/**
 * From what was seen to what the backend acknowledged: which looks are sent, held or left out, what a deletion says,
 * and what becomes of a refusal.
 */
export class Reporting {
  readonly #options: ReportingOptions;
  readonly #claims = new Claims();
  readonly #backlog: Backlog;
  /** What its object speaks about no more, by that object's key: until the backend knows. */
  readonly #owed = new Map<string, Map<string, ClaimedSubject>>();
  #inFlight = 0;

  constructor(options: ReportingOptions) {
    this.#options = options;
    this.#backlog = new Backlog((key) => options.health.superseded(key));
  }

  /** Nothing waits to be acknowledged. */
  get idle(): boolean {
    return this.#inFlight === 0;
  }

  /** Subjects that more than one live object claims. */
  get conflicts(): number {
    return this.#options.controller.definition.order === 'state' ? this.#claims.conflicts().length : 0;
  }

  /** Who else speaks about what this object speaks about. */
  rivals(key: string): string[] {
    const subjects = [...(this.#claims.of(key)?.keys() ?? [])];
    return [...new Set(subjects.flatMap((id) => [...this.#claims.claimants(id)]))].filter((other) => other !== key);
  }

  /** Whether a live object speaks about this subject. */
  isClaimed(subjectId: string): boolean {
    return this.#claims.claimants(subjectId).size > 0;
  }

  /** The object does not speak about these: says so, now and at every look at it until that is accepted. */
  owe(key: string, object: ClusterObject, lost: ReadonlyMap<string, ClaimedSubject>): void {
    if (lost.size === 0) return;
    this.#owed.set(key, new Map([...(this.#owed.get(key) ?? []), ...lost]));
    this.#sayLost(key, object, lost);
  }

  /** Says again what was refused, or not answered. */
  repay(key: string, object: ClusterObject): void {
    const owed = this.#owed.get(key);
    if (owed === undefined) return;
    for (const subjectId of [...owed.keys()]) if (this.isClaimed(subjectId)) owed.delete(subjectId);
    if (owed.size === 0) this.#owed.delete(key);
    else this.#sayLost(key, object, new Map(owed));
  }

  /** Sends what a look saw, or holds it until the round ends. `object` is what was looked at. */
  seen(key: string, object: ClusterObject, { spokenAbout, reports }: Seen, hold: boolean): void {
    const { order } = this.#options.controller.definition;
    const { related, health, gone, looks } = this.#options;
    if (this.#remembersSubjects()) this.#claim(key, object, spokenAbout);
    const sendable = [...reports].filter(([subjectId, { namespace, subject }]) => {
      if (order === 'run' && related.isGone(key, subject)) return health.skipped(key, 'SubjectGone');
      gone.remember(namespace, subject);
      return hold || this.#backlog.has(key) || this.#isAlone(subjectId) || health.skipped(key, 'SubjectConflict');
    });
    if (hold || this.#backlog.has(key)) {
      if (sendable.length > 0) health.ledger.report(key, 'Held');
      this.#backlog.put(
        key,
        sendable.map(([subjectId, report]) => ({ key, subjectId, report, look: looks.of(key) })),
      );
    } else if (sendable.length > 0) {
      this.#send(
        key,
        sendable.map(([, report]) => report),
      );
    }
  }

  /** The observed object is gone. False when nothing is known of it, so that only a sync can tell what it left. */
  deleted(key: string, ghost: ClusterObject): boolean {
    this.#backlog.drop(key);
    const claimed = this.#claims.of(key);
    if (this.#options.controller.definition.onDelete === 'keep') {
      this.#claim(key, ghost, new Map());
      return true;
    }
    if (claimed === undefined) return false;
    const alone = [...claimed].filter(([subjectId]) => this.#claims.claimants(subjectId).size === 1);
    const reports = alone.map(([, where]) => deletionOf('object', where, this.#options.look(ghost)));
    const forget = (): void => {
      // Only what was sent: the object may have come back in the meantime.
      if (this.#claims.of(key) === claimed) this.#release(this.#claims.set(key, new Map()));
    };
    if (reports.length === 0) forget();
    else this.#send(key, reports, forget);
    return true;
  }

  /** A subject may be gone: says so if it is. */
  subjectGone(key: string): void {
    const { gone, look } = this.#options;
    const found = gone.gone(key);
    if (found === undefined) return;
    const reports = found.places.map((where) => deletionOf('subject', where, look(found.object)));
    this.#send(key, reports, () => gone.forget(key));
  }

  /**
   * Ends a round: sends what was held and matters, oldest first; resolves when all of it was answered, with the keys that
   * show the present: of each subject the newest, where it fails.
   */
  async flush(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { health, sink } = this.#options;
    const entries = this.#backlog.take().filter(({ key, subjectId, report }) => {
      if (this.#isTooOld(report)) return health.skipped(key, 'TooOld');
      return this.#isAlone(subjectId) || health.skipped(key, 'SubjectConflict');
    });
    const answers: Promise<void>[] = [];
    for (let from = 0; from < entries.length; from += CHUNK) {
      const chunk = entries.slice(from, from + CHUNK);
      await sink.room(signal);
      for (const { key } of chunk) health.ledger.report(key, 'Sending');
      const answer = this.#submit(
        chunk.map(({ report }) => report),
        chunk.map(({ look }) => look?.trace),
      );
      const handOut = (results: readonly ReportResult[] | undefined): void => {
        for (const [index, { key, report, look }] of chunk.entries()) {
          this.#answered({ key, look }, [report], results?.slice(index, index + 1), () => {});
        }
      };
      answers.push(answer.then(handOut));
      // One chunk under way and one that waits keep the sink busy; more would only be text in memory.
      await answers.at(-2);
    }
    await Promise.all(answers);
    const newest = new Map(entries.map((entry) => [entry.subjectId, entry]));
    return new Set([...newest.values()].filter(({ report }) => isFailing(report)).map(({ key }) => key));
  }

  /** A pruned run takes nothing away, so only the others need to know what they spoke about. */
  #remembersSubjects(): boolean {
    const { order, onDelete } = this.#options.controller.definition;
    return order === 'state' || onDelete === 'resolve';
  }

  /** Many runs share a subject; two living things that do are a conflict. */
  #isAlone(subjectId: string): boolean {
    return this.#options.controller.definition.order === 'run' || this.#claims.claimants(subjectId).size <= 1;
  }

  /** The object speaks about these from now on: what it spoke about before has lost its object. */
  #claim(key: string, object: ClusterObject, reports: ReadonlyMap<string, Report>): void {
    const claimed = new Map<string, ClaimedSubject>();
    for (const [subjectId, { namespace, subject }] of reports) claimed.set(subjectId, { namespace, subject });
    const orphans = this.#release(this.#claims.set(key, claimed));
    if (this.#options.controller.definition.onDelete === 'resolve') this.owe(key, object, orphans);
  }

  #sayLost(key: string, object: ClusterObject, lost: ReadonlyMap<string, ClaimedSubject>): void {
    const reports = [...lost.values()].map((where) => deletionOf('object', where, this.#options.look(object)));
    this.#send(key, reports, () => {
      const owed = this.#owed.get(key);
      for (const subjectId of lost.keys()) owed?.delete(subjectId);
      if (owed?.size === 0) this.#owed.delete(key);
    });
  }

  /** Whoever still claims a lost subject speaks for it alone now and is looked at again; returns what nobody claims. */
  #release(lost: ReadonlyMap<string, ClaimedSubject>): ReadonlyMap<string, ClaimedSubject> {
    const orphans = new Map<string, ClaimedSubject>();
    for (const [subjectId, where] of lost) {
      const others = this.#claims.claimants(subjectId);
      if (others.size === 0) orphans.set(subjectId, where);
      for (const other of others) this.#options.again(other);
    }
    return orphans;
  }

  /** Not awaited by the worker: one slow answer must not stop the looks. Back-pressure is the sink's room. */
  #send(key: string, reports: readonly Report[], accepted: () => void = () => {}): void {
    this.#options.health.ledger.report(key, 'Sending');
    const look = this.#options.looks.of(key);
    const traces = reports.map(() => look?.trace);
    void this.#submit(reports, traces).then((results) => {
      if (look && results?.every(({ status }) => status === 200)) this.#options.health.stored(look);
      this.#answered({ key, look }, reports, results, accepted);
    });
  }

  /** Undefined when the sink was closed on the way. */
  async #submit(
    reports: readonly Report[],
    traces: readonly (SpanContext | undefined)[],
  ): Promise<readonly ReportResult[] | undefined> {
    const { sink, logger, controller } = this.#options;
    this.#inFlight++;
    try {
      const results = await sink.submit(reports, traces);
      for (const [index, result] of results.entries()) {
        const order = reports[index]?.order;
        if (isFenced(result) && order !== undefined && 'epoch' in order) this.#options.fenced(order.epoch);
      }
      return results;
    } catch (error) {
      logger.debug({ controller: controller.name, error: String(error) }, 'reports were not sent');
      return undefined;
    } finally {
      this.#inFlight--;
    }
  }

  #answered(
    { key, look }: { readonly key: string; readonly look: LookContext | undefined },
    reports: readonly Report[],
    results: readonly ReportResult[] | undefined,
    accepted: () => void,
  ): void {
    const { ledger } = this.#options.health;
    if (results === undefined) {
      ledger.report(key, 'NotSent');
      return;
    }
    const refused = results.filter((result, index) => {
      // Its namespace is gone, and with it whatever there was to say about it.
      if (result.status === 404 && isDeletion(reports[index])) return this.#options.health.moot(key, result);
      this.#options.health.answered(key, result, look);
      return result.status !== 200;
    });
    if (refused.length > 0) {
      this.#options.refused(key, fencedEpoch(reports, results));
      return;
    }
    ledger.accepted(
      key,
      results.flatMap(({ decisions = [] }) => decisions),
    );
    accepted();
    // Or what is refused still would be said again and again without backoff.
    if (!this.#owed.has(key)) this.#options.accepted(key);
  }

  #isTooOld(report: Report): boolean {
    const { live, controller, now } = this.#options;
    const time = runTime(report);
    return live && isFailing(report) && time !== undefined && time < now() - controller.maxAgeMs;
  }
}

function isDeletion(report: Report | undefined): boolean {
  return report !== undefined && 'deleted' in report.body;
}

function fencedEpoch(reports: readonly Report[], results: readonly ReportResult[]): number | undefined {
  const order = reports[results.findIndex(isFenced)]?.order;
  return order !== undefined && 'epoch' in order ? order.epoch : undefined;
}
