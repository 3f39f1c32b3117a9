import { RULE_KINDS, RULE_SOURCES, type RuleKind } from '../../crds/issue-rule.ts';
import { CONFIG_API_VERSION } from '../../crds/names.ts';
import { type Clock, pause } from '../runtime/clock.ts';
import type { LoadedController } from '../runtime/loader.ts';
import type { Logger } from '../runtime/logger.ts';
import { NamespaceFilter, namespacesToWatch } from '../runtime/namespaces.ts';
import type { ClusterObject } from '../runtime/object.ts';
import type { ObjectSource, SourceEvent, SourceFault } from '../runtime/source.ts';
import { entryId, type RuleEntry, readEntry } from './entry.ts';
import { faultText } from './fault.ts';
import type { RuleMetrics } from './metrics.ts';
import type { RuleControllers } from './rule-controllers.ts';

export interface RuleSetOptions {
  /** Where rules are objects. */
  readonly source: ObjectSource;
  /** Which namespaces are looked at: rules of others are somebody else's. */
  readonly namespaces: readonly string[];
  /** Sources of the rules that the configuration declares: they come before objects of the same name. */
  readonly configured: () => ReadonlySet<string>;
  readonly controllers: RuleControllers;
  /**
   * Makes the running controllers of rules these. `unknown`: sources, or `rule.*`, of rules that there are though they do not
   * run, or that there may be: nobody removed them.
   */
  readonly apply: (controllers: readonly LoadedController[], unknown: readonly string[]) => Promise<void>;
  readonly logger: Logger;
  readonly metrics?: RuleMetrics;
  readonly clock: Clock;
}

/** One tenant's rules are watches and caches in a process that all share. */
export const MAX_RULES_A_NAMESPACE = 100;
/** Of all: a lead takes 1,000 sources, and the controllers of the configuration must always fit beside the rules. */
export const MAX_RULES = 800;

/** Why a rule that is valid does not run. */
export interface NotRunning {
  readonly reason: 'Shadowed' | 'TooMany';
  readonly message: string;
}

/** A lead names 1,000 that are unknown. */
const MAX_UNKNOWN = 500;

/** Changes that come together (`kubectl apply -f folder/`) are one change of what runs. */
const TOGETHER_MS = 200;
/** And of changes that go on and on: every one leads all sources again. */
const APART_MS = 5_000;

/** The rules of a cluster, kept current while everything runs. A cluster that does not know the kinds has no rules. */
export class RuleSet {
  readonly #options: RuleSetOptions;
  readonly #entries = new Map<string, RuleEntry>();
  /** What is not listed yet; what cannot be listed is not waited for. */
  readonly #pending = new Set<string>();
  /** Scopes that may not be listed and never were. */
  readonly #unreadable = new Map<string, RuleKind>();
  readonly #settled = Promise.withResolvers<void>();
  /** Sources of rules that are too many, and for whom. */
  #excess: ReadonlyMap<string, string> = new Map();
  #changes = 0;
  #changed = Promise.withResolvers<void>();

  constructor(options: RuleSetOptions) {
    this.#options = options;
  }

  /** Resolves when every rule that there is runs: before that nobody knows which sources there are. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  get entries(): readonly RuleEntry[] {
    return [...this.#entries.values()];
  }

  whyNot(entry: RuleEntry): NotRunning | undefined {
    if (this.#isShadowed(entry)) {
      const message = 'the configuration of the controllers has a rule of this name, which runs instead';
      return { reason: 'Shadowed', message };
    }
    const message = this.#excess.get(entry.source);
    return message === undefined ? undefined : { reason: 'TooMany', message };
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const watches = RULE_KINDS.flatMap((kind) => this.#scopes(kind).map((namespace) => ({ kind, namespace })));
    for (const watch of watches) this.#pending.add(scopeId(watch.kind, watch.namespace));
    const stop = (): void => this.#changed.resolve();
    signal.addEventListener('abort', stop, { once: true });
    await Promise.all([
      ...watches.map((watch) => this.#follow(watch.kind, watch.namespace, signal)),
      this.#applyAll(signal),
    ]);
  }

  #tell(kind: RuleKind, { reason, message: error }: SourceFault): void {
    const { logger, namespaces } = this.#options;
    const isBounded = namespacesToWatch([new NamespaceFilter(namespaces)]) !== undefined;
    if (kind === 'ClusterIssueRule' && reason === 'Forbidden' && isBounded) {
      // What faultline rbac prints for named namespaces are Roles, which cannot allow it.
      logger.info({ kind, namespaces }, 'rules of the whole cluster are not followed: that takes a ClusterRole');
    } else logger.warn({ kind, error }, 'rules cannot be watched');
  }

  /** One watch over all, or one a namespace where namespaces are named: then Roles are enough. */
  #scopes(kind: RuleKind): readonly (string | undefined)[] {
    if (kind === 'ClusterIssueRule') return [undefined];
    return namespacesToWatch([new NamespaceFilter(this.#options.namespaces)]) ?? [undefined];
  }

  async #follow(kind: RuleKind, namespace: string | undefined, signal: AbortSignal): Promise<void> {
    const request = { apiVersions: [CONFIG_API_VERSION], kind, ...(namespace === undefined ? {} : { namespace }) };
    const scope = scopeId(kind, namespace);
    const inside = new NamespaceFilter(this.#options.namespaces);
    const isOurs = ({ metadata }: ClusterObject): boolean =>
      kind === 'ClusterIssueRule' || inside.matches(metadata.namespace ?? '');
    let listed: Set<string> | undefined;
    let told = '';
    let isListed = false;
    for await (const event of this.#options.source.watch(request, signal)) {
      switch (event.type) {
        case 'listing':
          listed = new Set();
          break;
        case 'listed':
        case 'applied':
          for (const object of objectsOf(event).filter(isOurs)) {
            listed?.add(entryId(kind, object));
            await this.#read(kind, object);
          }
          break;
        case 'deleted':
          this.#remove(entryId(kind, event.object));
          break;
        case 'synced':
          for (const [id, entry] of this.#entries) {
            const isInScope =
              entry.kind === kind && (namespace === undefined || entry.object.metadata.namespace === namespace);
            if (isInScope && listed?.has(id) === false) this.#remove(id);
          }
          listed = undefined;
          isListed = true;
          this.#setUnreadable(scope, kind, false);
          this.#settle(scope);
          break;
        case 'watching':
          told = '';
          break;
        case 'waiting':
          // What was listed once goes on.
          if (event.fault.reason === 'Forbidden' && !isListed) this.#setUnreadable(scope, kind, true);
          if (event.fault.reason === 'NotInstalled') this.#setUnreadable(scope, kind, false);
          if (event.fault.reason === 'NotInstalled' || event.fault.reason === 'Forbidden') this.#settle(scope);
          // A cluster without these kinds is a cluster without rules: nothing to complain about.
          if (event.fault.reason !== 'NotInstalled' && event.fault.message !== told) {
            this.#tell(kind, event.fault);
          }
          told = event.fault.message;
          break;
        default:
          event satisfies never;
      }
    }
  }

  async #read(kind: RuleKind, object: ClusterObject): Promise<void> {
    const { logger } = this.#options;
    const id = entryId(kind, object);
    const before = this.#entries.get(id);
    const entry = await readEntry(kind, object, before).catch((error: unknown) => {
      // One rule that nobody foresaw must not end the watch of the others.
      logger.error({ rule: id, error: String(error) }, 'a rule cannot be read');
      return undefined;
    });
    if (entry === undefined) return;
    this.#entries.set(id, entry);
    if (before?.version !== undefined && before.version === entry.version) return;
    const faults = entry.faults.map(faultText);
    if (faults.length > 0)
      logger.warn({ rule: id, faults, goesOn: entry.rule !== undefined }, 'a rule is not accepted');
    else logger.info({ rule: id, source: entry.source }, 'a rule is accepted');
    this.#change();
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    if (!this.#isShadowed(entry)) this.#options.controllers.forget(entry.source);
    this.#options.logger.info({ rule: id, source: entry.source }, 'a rule is gone');
    this.#change();
  }

  #isShadowed({ source }: RuleEntry): boolean {
    return this.#options.configured().has(source);
  }

  #setUnreadable(scope: string, kind: RuleKind, is: boolean): void {
    if (this.#unreadable.has(scope) === is) return;
    if (is) this.#unreadable.set(scope, kind);
    else this.#unreadable.delete(scope);
    this.#options.metrics?.unreadable(kind, [...this.#unreadable.values()].includes(kind));
    this.#change();
  }

  #unknown(): string[] {
    const kinds = new Set(this.#unreadable.values());
    const idle = this.entries.filter(
      (entry) => !this.#isShadowed(entry) && (entry.rule === undefined || this.whyNot(entry) !== undefined),
    );
    // Of more than a lead may name all of their kinds.
    if (idle.length > MAX_UNKNOWN) for (const { kind } of idle) kinds.add(kind);
    const named = idle.filter(({ kind }) => !kinds.has(kind)).map(({ source }) => source);
    return [...[...kinds].map((kind) => RULE_SOURCES[kind]), ...named].sort();
  }

  #settle(scope: string): void {
    if (this.#pending.delete(scope) && this.#pending.size === 0) this.#change();
  }

  #change(): void {
    this.#changes++;
    this.#changed.resolve();
  }

  /** Nothing runs before everything is known: the first lead would tell that the sources of the others are gone. */
  async #applyAll(signal: AbortSignal): Promise<void> {
    const { apply, clock, controllers } = this.#options;
    let applied = 0;
    let next = 0;
    while (!signal.aborted) {
      if (this.#pending.size > 0 || applied === this.#changes) {
        await this.#changed.promise;
        this.#changed = Promise.withResolvers();
        continue;
      }
      // The first time there is nobody who could change anything in the meantime.
      if (applied > 0) await pause(clock, Math.max(TOGETHER_MS, next - clock.now()), signal);
      if (signal.aborted) return;
      next = clock.now() + APART_MS;
      applied = this.#changes;
      this.#excess = excessOf(this.entries.filter((entry) => !this.#isShadowed(entry)));
      const running = this.entries
        .filter((entry) => this.whyNot(entry) === undefined)
        .flatMap(({ rule }) => rule ?? []);
      this.#options.metrics?.rules({ running: running.length, not: this.#entries.size - running.length });
      await apply(
        running.map((rule) => controllers.of(rule)),
        this.#unknown(),
      );
      this.#settled.resolve();
    }
  }
}

/** The youngest beyond what one namespace, and all together, may have. */
function excessOf(entries: readonly RuleEntry[]): ReadonlyMap<string, string> {
  const age = ({ object: { metadata } }: RuleEntry): string => `${metadata.creationTimestamp ?? ''}/${metadata.name}`;
  const oldest = entries.toSorted((a, b) => (age(a) < age(b) ? -1 : 1));
  const byNamespace = Map.groupBy(oldest, ({ kind, object }) =>
    kind === 'IssueRule' ? object.metadata.namespace : '',
  );
  const excess = new Map<string, string>();
  for (const [namespace, rules] of byNamespace) {
    if (namespace === '') continue;
    for (const { source } of rules.slice(MAX_RULES_A_NAMESPACE))
      excess.set(source, `its namespace has more than ${MAX_RULES_A_NAMESPACE} rules: the oldest run`);
  }
  for (const { source } of oldest.filter((entry) => !excess.has(entry.source)).slice(MAX_RULES))
    excess.set(source, `there are more than ${MAX_RULES} rules: the oldest run`);
  return excess;
}

function scopeId(kind: RuleKind, namespace: string | undefined): string {
  return `${kind} ${namespace ?? ''}`;
}

function objectsOf(event: SourceEvent & { type: 'listed' | 'applied' }): readonly ClusterObject[] {
  return event.type === 'listed' ? event.objects : [event.object];
}
