import type { Report, ReportResult } from '../../crds/report.ts';
import { cachesOf } from './cache-memory.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Informer } from './informer.ts';
import { Ledger, type NoVerdict, subjectText } from './ledger.ts';
import type { LoadedController } from './loader.ts';
import type { Logger } from './logger.ts';
import type { LookContext, Looks } from './looks.ts';
import { beginController, type RuntimeMetrics } from './metrics.ts';
import { namespaceOf } from './object.ts';
import type { LookFailure } from './observe.ts';
import type { RelatedKind } from './related.ts';
import type { SourceFault } from './source.ts';
import type { ControllerCondition, ControllerStatus } from './status.ts';

export interface HealthOptions {
  controller: LoadedController;
  primary: Informer;
  reads: readonly RelatedKind[];
  covers?: (namespace: string) => boolean;
  logger: Logger;
  metrics: RuntimeMetrics;
  clock?: Clock;
  looks: Looks;
}

export type SkipReason = 'TooOld' | 'SubjectGone' | 'SubjectConflict' | 'Superseded';

/** At most this many different messages of one controller are logged as warnings; the rest only counted. */
const MAX_MESSAGES = 50;

/** Counts, conditions, metrics and log lines of one controller: what it did, and whether it is well. */
export class Health {
  readonly #options: HealthOptions;
  /** What became of each object. */
  readonly ledger: Ledger;
  readonly #said = new Set<string>();
  #reported = 0;
  #refused = 0;
  #errors = 0;
  #skipped = 0;
  #caughtUp = false;
  #lastFailure = '';
  #lastRefusal = '';
  readonly #refusedKeys = new Set<string>();

  constructor(options: HealthOptions) {
    this.#options = options;
    this.ledger = new Ledger(options.clock ?? systemClock);
    beginController(options.metrics, options.controller.name);
  }

  decided(key: string, reports: Iterable<Report>, noVerdict: readonly NoVerdict[]): void {
    this.ledger.decided(key, reports, noVerdict);
    const { logger, looks } = this.#options;
    looks.of(key)?.outcome(this.ledger.outcomeOf(key) ?? '');
    for (const { subject, reason } of noVerdict) {
      logger.debug({ ...looks.fields(key), subject: subjectText(subject), reason }, 'no verdict about one of several');
    }
    this.#reconciled('success');
  }

  undecided(key: string, why: { reason: string; final: boolean; terminal: boolean }): void {
    const outcome = why.final ? 'settledUndecided' : why.terminal ? 'undecidedTerminal' : 'undecided';
    this.ledger.undecided(key, outcome, why.reason);
    const { logger, looks } = this.#options;
    looks.of(key)?.outcome(outcome);
    logger.debug({ ...looks.fields(key), reason: why.reason }, 'undecided');
    this.#reconciled('success');
  }

  failed(key: string, failure: LookFailure): void {
    const labels = { controller: this.#name };
    const { metrics, looks } = this.#options;
    this.ledger.undecided(key, 'failed', failure.message);
    looks.of(key)?.outcome('failed', failure.message);
    if (failure.kind === 'retryAfter') {
      this.#reconciled('requeue_after');
      return;
    }
    this.#errors++;
    this.#lastFailure = `${key}: ${failure.message}`;
    this.#reconciled('error');
    metrics.reconcileErrors.inc(labels);
    if (failure.kind === 'terminal') metrics.terminalErrors.inc(labels);
    if (failure.kind === 'timeout') metrics.timeouts.inc(labels);
    if (failure.kind === 'retry' && failure.panic) metrics.panics.inc(labels);
    const fields = { ...looks.fields(key), kind: failure.kind, error: failure.message };
    this.#say(failure.message, fields, 'look failed');
  }

  gone(key: string): void {
    this.ledger.gone(key);
    this.#refusedKeys.delete(key);
    this.#reconciled('success');
  }

  /** `look`: whose report it was; it may have ended long ago. */
  answered(key: string, result: ReportResult, look?: LookContext): void {
    this.#options.metrics.reports.inc({ controller: this.#name, status: String(result.status) });
    if (result.status === 200) {
      this.#reported++;
      this.#refusedKeys.delete(key);
      return;
    }
    this.#refused++;
    this.#refusedKeys.add(key);
    const error = result.error ?? 'no reason given';
    this.ledger.report(key, 'Refused', `${result.status} ${error}`);
    this.#lastRefusal = `${key}: ${result.status} ${error}`;
    const about = this.#options.looks.fields(key, look);
    const fields = { ...about, status: result.status, error, details: result.details };
    this.#say(`${result.status} ${error}`, fields, 'report refused');
  }

  /** The server has all that this look saw. What a start sends of a backlog is not measured: nothing changed just then. */
  stored({ since }: LookContext): void {
    const { metrics, clock = systemClock } = this.#options;
    metrics.storedSeconds.observe({ controller: this.#name }, Math.max(0, clock.now() - since) / 1_000);
  }

  /** A refusal that needs no second try. Always false, so that a filter can end with it. */
  moot(key: string, { status }: ReportResult): false {
    this.#options.metrics.reports.inc({ controller: this.#name, status: String(status) });
    this.#refusedKeys.delete(key);
    return false;
  }

  /** Always false, so that a filter can end with it. */
  skipped(key: string, reason: SkipReason): false {
    this.ledger.report(key, 'Skipped', reason);
    this.#skipped++;
    this.#options.metrics.skipped.inc({ controller: this.#name, reason });
    return false;
  }

  /** Newer runs of its subject in the same backlog decide. */
  superseded(key: string): void {
    this.skipped(key, 'Superseded');
  }

  caughtUp(): void {
    this.#caughtUp = true;
  }

  status(conflicts: number): ControllerStatus {
    const { controller, primary, reads } = this.#options;
    const counts = this.ledger.counts;
    return {
      name: controller.name,
      use: controller.use,
      caches: cachesOf([primary, ...reads.map((read) => read.informer)]),
      conditions: [
        ...[this.#ready(), this.#degraded(), conflictCondition(conflicts)],
        ...(controller.host === undefined ? [] : [controller.host.health().condition]),
      ],
      counts: {
        objects: this.#objects(),
        decided: counts.healthy + counts.failing,
        failing: counts.failing,
        findings: this.ledger.findings,
        undecided: counts.undecided + counts.undecidedTerminal,
        undecidedTerminal: counts.undecidedTerminal,
        settledUndecided: counts.settledUndecided,
        failed: counts.failed,
        reported: this.#reported,
        refused: this.#refused,
        errors: this.#errors,
        skipped: this.#skipped,
      },
    };
  }

  measure(): void {
    for (const [outcome, count] of Object.entries(this.ledger.counts)) {
      this.#options.metrics.objects.inc({ controller: this.#name, outcome }, count);
    }
  }

  #objects(): number {
    const { primary, covers } = this.#options;
    if (covers === undefined) return primary.cache.size;
    return [...primary.cache.keys()].filter((key) => covers(namespaceOf(key))).length;
  }

  get #name(): string {
    return this.#options.controller.name;
  }

  #reconciled(result: 'success' | 'error' | 'requeue_after'): void {
    this.#options.metrics.reconciles.inc({ controller: this.#name, result });
  }

  /** Once per message: ten thousand objects with one fault are one line. */
  #say(message: string, fields: object, what: string): void {
    const isNew = !this.#said.has(message) && this.#said.size < MAX_MESSAGES;
    if (isNew) this.#said.add(message);
    if (isNew) this.#options.logger.warn(fields, what);
    else this.#options.logger.debug(fields, what);
  }

  #ready(): ControllerCondition {
    const informers = [this.#options.primary, ...this.#options.reads.map((read) => read.informer)];
    const [fault] = [...this.#options.primary.faults, ...this.#options.reads.flatMap(blockingFaults)];
    if (fault !== undefined) return { type: 'Ready', status: 'False', reason: fault.reason, message: fault.message };
    if (this.#caughtUp) return { type: 'Ready', status: 'True', reason: 'Watching', message: '' };
    const waiting = informers.find((informer) => !informer.settled);
    if (waiting)
      return { type: 'Ready', status: 'False', reason: 'Syncing', message: `${waiting.kind} is being listed` };
    return { type: 'Ready', status: 'False', reason: 'Deciding', message: 'the first list is being decided' };
  }

  #degraded(): ControllerCondition {
    const { failed } = this.ledger.counts;
    if (failed > 0) {
      const message = `${failed} objects could not be looked at; the last: ${this.#lastFailure}`;
      return { type: 'Degraded', status: 'True', reason: 'LooksFail', message };
    }
    if (this.#refusedKeys.size > 0) {
      const message = `${this.#refusedKeys.size} objects have refused reports; the last: ${this.#lastRefusal}`;
      return { type: 'Degraded', status: 'True', reason: 'ReportsRefused', message };
    }
    return { type: 'Degraded', status: 'False', reason: 'AsExpected', message: '' };
  }
}

function conflictCondition(conflicts: number): ControllerCondition {
  if (conflicts === 0) return { type: 'SubjectConflict', status: 'False', reason: 'AsExpected', message: '' };
  const message = `${conflicts} subjects are claimed by more than one live object, so nothing is sent about them: observe their owner and read its parts`;
  return { type: 'SubjectConflict', status: 'True', reason: 'SharedSubject', message };
}

/** A related kind that is not installed reads as absent, and an optional one does so for any reason. */
function blockingFaults({ informer, optional }: RelatedKind): readonly SourceFault[] {
  return optional ? [] : informer.faults.filter(({ reason }) => reason !== 'NotInstalled');
}
