import type { Registry } from 'prom-client';
import type { WritingClusterApi } from '../../apiserver/kube/access/index.ts';
import { type RuleEntry, RuleSet, ruleMetrics } from '../../controllers/rules/index.ts';
import { type Manager, type ObjectSource, systemClock } from '../../controllers/runtime/index.ts';
import type { Configured } from '../configuration/controllers.ts';
import type { Log } from '../log.ts';
import { writeRuleStatuses } from './rule-statuses.ts';

export interface WatchRulesOptions {
  readonly configured: Configured;
  readonly source: ObjectSource;
  readonly manager: Manager;
  /** Absent: nothing is written to the cluster. */
  readonly api?: WritingClusterApi;
  readonly log: Log;
  readonly registry: Registry;
}

/** The rules of a cluster, or of a folder, as controllers of a manager. */
export interface WatchedRules {
  /** Resolves when the rules that there are run, so that the manager can begin with them. */
  readonly settled: Promise<void>;
  /** The configuration is another one by now. */
  reconfigured(configured: Configured): void;
}

/** Follows the rules until the signal aborts. */
export function watchRules(options: WatchRulesOptions, signal: AbortSignal): WatchedRules {
  const { source, manager, api, log } = options;
  const metrics = ruleMetrics(options.registry);
  const { ruleControllers: controllers, configuration } = options.configured;

  function follow(configured: Configured): Following {
    const { namespaces } = configured.configuration;
    const sources = new Set(configured.rules.map((rule) => rule.source));
    const set = new RuleSet({
      ...{ source, namespaces, controllers, logger: log, metrics, clock: systemClock },
      configured: () => sources,
      apply: (wanted, unknown) => manager.apply(wanted, 'rules', undefined, unknown),
    });
    const end = new AbortController();
    const running = set.run(AbortSignal.any([signal, end.signal])).catch((error: unknown) => {
      log.error({ error: String(error) }, 'rules are not followed any more');
    });
    return {
      set,
      end,
      settled: Promise.race([set.settled, running]),
      says: saysOf(configured),
    };
  }

  let following = follow(options.configured);
  if (api !== undefined) {
    const set = {
      get entries() {
        return following.set.entries;
      },
      whyNot: (entry: RuleEntry) => following.set.whyNot(entry),
    };
    const { clusterScopedNamespace } = configuration.issues;
    void writeRuleStatuses(
      { set, manager, controllers },
      { api, log, clock: systemClock, clusterScopedNamespace },
      signal,
    );
  }
  return {
    settled: following.settled,
    reconfigured(configured) {
      if (saysOf(configured) === following.says) return;
      following.end.abort();
      // What ran goes on until the others are known.
      following = follow(configured);
    },
  };
}

/** What rules of a cluster depend on. */
function saysOf({ configuration: { namespaces }, rules }: Configured): string {
  return JSON.stringify([namespaces, rules.map(({ source }) => source)]);
}

interface Following {
  readonly set: RuleSet;
  readonly end: AbortController;
  readonly settled: Promise<void>;
  readonly says: string;
}
