import { prepare } from '../../controllers/runtime/definition-module.ts';
import type { ClusterObject } from '../../controllers/runtime/object.ts';
import { isUndecided, observationsOf, reportsOf } from '../../controllers/runtime/observation.ts';
import type { ObjectLike, Read } from '../../controllers/runtime/plugin.ts';
import pipelineRun from '../../controllers/tekton/pipelinerun/index.ts';
import type { Report } from '../../crds/report.ts';
import type { SimulatedRun } from './month.ts';
import { changesOf, taskRunsOf } from './objects.ts';

export const SOURCE = 'tekton-pipelinerun';

/**
 * The real controller, looked at change by change: `tekton/pipelinerun` with its default options, and the runtime's own
 * making and checking of reports. Not in it: reflector, queue and HTTP.
 */
export class Observer {
  /** Changes that were looked at. */
  changes = 0;
  #sequence = 0;
  readonly #controller = prepared();

  /** What all changes of a run lead to: nothing until it has a verdict. */
  async look(run: SimulatedRun): Promise<Report[]> {
    const reports: Report[] = [];
    const read = readOf(run);
    for (const object of changesOf(run)) {
      this.changes++;
      reports.push(...(await this.#observe(object, read)));
    }
    return reports;
  }

  async #observe(object: ClusterObject, read: Read): Promise<Iterable<Report>> {
    const { definition, options } = this.#controller;
    const verdict = await definition.observe(object, read, options);
    if (isUndecided(verdict)) return [];
    const look = { source: SOURCE, order: definition.order, object, epoch: 1, sequence: ++this.#sequence, detail: 0 };
    const how = { clusterScopedNamespace: 'faultline-system', crossNamespaceText: true, live: true };
    return reportsOf(observationsOf(verdict), { ...look, ...how }).values();
  }
}

function prepared(): Extract<ReturnType<typeof prepare>, { readonly faults: readonly [] }> {
  const made = prepare(pipelineRun, {}, 'controllers[0]');
  if (made.definition === undefined) throw new TypeError(made.faults.map(({ message }) => message).join('; '));
  return made;
}

/** Its own TaskRuns, and nothing else: no log can be had, and no scenario is there. */
function readOf(run: SimulatedRun): Read {
  const taskRuns = taskRunsOf(run);
  return {
    now: () => new Date(run.completedAt + 10_000),
    live: true,
    signal: NEVER,
    owned: async <K extends ObjectLike>(kind: string) =>
      (kind === 'TaskRun' ? taskRuns : []) as unknown as readonly K[],
    get: async () => undefined,
    list: async () => [],
    covers: async () => false,
    indexed: async () => [],
    logs: async () => undefined,
  } as Read;
}

const NEVER = new AbortController().signal;
