import { isDeepStrictEqual } from 'node:util';
import { ClusterApiError, type WritingClusterApi } from '../../apiserver/kube/access/index.ts';
import {
  type RuleControllers,
  type RuleEntry,
  type RuleSet,
  type RuleStatus,
  statusOf,
} from '../../controllers/rules/index.ts';
import { type Clock, type Manager, pause } from '../../controllers/runtime/index.ts';
import { CONFIG_API_VERSION } from '../../crds/names.ts';
import { shardName, shardOf } from '../../crds/shard.ts';
import type { Log } from '../log.ts';

/** What changed is written this often; counts change all the time, and nobody reads them faster. */
const EVERY_MS = 2_000;
/** So that a thousand rules are no load for the API server. */
const AT_ONCE = 20;
const FORBIDDEN_MS = 60_000;

/** Writes the status of each rule, for as long as this process is the one that runs it. Never rejects. */
export async function writeRuleStatuses(
  of: {
    readonly set: Pick<RuleSet, 'entries' | 'whyNot'>;
    readonly manager: Pick<Manager, 'status' | 'leadership'>;
    readonly controllers: Pick<RuleControllers, 'noted'>;
  },
  how: {
    readonly api: Pick<WritingClusterApi, 'patch'>;
    readonly log: Log;
    readonly clock: Clock;
    readonly clusterScopedNamespace: string;
  },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = how;
  let toldForbidden = false;
  while (!signal.aborted) {
    await pause(clock, EVERY_MS, signal);
    const running = new Map(of.manager.status().map((status) => [status.name, status]));
    let written = 0;
    for (const entry of of.set.entries) {
      if (signal.aborted || written >= AT_ONCE) break;
      if (!runsHere(entry, of.manager, how.clusterScopedNamespace)) continue;
      const whyNot = of.set.whyNot(entry);
      const status = statusOf(entry, {
        running: whyNot === undefined ? running.get(entry.source) : undefined,
        whyNot,
        noted: of.controllers.noted(entry.source),
        now: clock.now(),
      });
      if (saysTheSame(entry.object.status, status)) continue;
      written++;
      try {
        await how.api.patch(statusPath(entry), { status });
      } catch (error) {
        const code = error instanceof ClusterApiError ? error.status : undefined;
        if (code === 404) continue;
        if (code !== 403 || !toldForbidden)
          log.warn({ rule: entry.source, error }, 'the status of a rule cannot be written');
        toldForbidden ||= code === 403;
        // Whoever may not write one may write none, and who does not answer is not asked for the next one.
        if (code === 403) await pause(clock, FORBIDDEN_MS, signal);
        break;
      }
    }
  }
}

/** With shards: a rule of a namespace runs where its namespace belongs, one of the cluster is told about by one process. */
function runsHere(
  { object }: RuleEntry,
  manager: Pick<Manager, 'leadership'>,
  clusterScopedNamespace: string,
): boolean {
  const { role, shards } = manager.leadership();
  if (role !== 'leading' || shards === undefined) return role === 'leading';
  const namespace = object.metadata.namespace ?? clusterScopedNamespace;
  return shards.some((shard) => {
    const count = Number(shard.split('-').at(-1));
    return shard === shardName({ index: shardOf(namespace, count), count });
  });
}

function saysTheSame(before: unknown, status: RuleStatus): boolean {
  const { lastError, ...rest } = status;
  return isDeepStrictEqual(before, lastError === null ? rest : { ...rest, lastError });
}

function statusPath({ kind, object: { metadata } }: RuleEntry): string {
  const place = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `/apis/${CONFIG_API_VERSION}${place}/${kind.toLowerCase()}s/${metadata.name}/status`;
}
