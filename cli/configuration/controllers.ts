import type { Declaration } from '../../apiserver/receivers/index.ts';
import { type CompiledRule, RuleControllers } from '../../controllers/rules/index.ts';
import {
  type ControllerEntry,
  createPlugins,
  type LoadedController,
  loadControllers,
  type Plugins,
  silentLogger,
} from '../../controllers/runtime/index.ts';
import { parseLabelSelector } from '../../controllers/runtime/label-selector.ts';
import type { Streams } from '../streams.ts';
import { OUTSIDE } from './check.ts';
import type { Path } from './fault.ts';
import { type LoadedConfiguration, readConfiguration, requireFaultless } from './load.ts';
import { loadReceivers } from './receivers.ts';
import { type LoadedResource, loadResources } from './resources.ts';
import { loadRules } from './rules.ts';

/** The controllers that ship with the product, by what `use` calls them. Loaded when a configuration names them. */
export const BUILT_INS: ReadonlyMap<string, () => Promise<unknown>> = new Map<string, () => Promise<unknown>>([
  ['tekton/pipelinerun', () => import('../../controllers/tekton/pipelinerun/index.ts')],
  ['tekton/taskrun', () => import('../../controllers/tekton/taskrun/index.ts')],
  ['tekton/stuck', () => import('../../controllers/tekton/stuck/index.ts')],
  ['tekton/repository', () => import('../../controllers/tekton/repository/index.ts')],
  ['konflux/release', () => import('../../controllers/konflux/release/index.ts')],
  ['konflux/snapshot', () => import('../../controllers/konflux/snapshot/index.ts')],
  ['konflux/integrationtestscenario', () => import('../../controllers/konflux/integrationtestscenario/index.ts')],
  ['konflux/component', () => import('../../controllers/konflux/component/index.ts')],
  ['konflux/task-bundles', () => import('../../controllers/konflux/task-bundles/index.ts')],
  ['konflux/mintmaker', () => import('../../controllers/konflux/mintmaker/index.ts')],
  ['workloads/pod', () => import('../../controllers/workloads/pod/index.ts')],
  ['workloads/deployment', () => import('../../controllers/workloads/deployment/index.ts')],
  ['workloads/replicaset', () => import('../../controllers/workloads/replicaset/index.ts')],
  ['workloads/replicationcontroller', () => import('../../controllers/workloads/replicationcontroller/index.ts')],
  ['workloads/statefulset', () => import('../../controllers/workloads/statefulset/index.ts')],
  ['workloads/daemonset', () => import('../../controllers/workloads/daemonset/index.ts')],
  ['workloads/job', () => import('../../controllers/workloads/job/index.ts')],
  ['workloads/cronjob', () => import('../../controllers/workloads/cronjob/index.ts')],
  ['workloads/persistentvolumeclaim', () => import('../../controllers/workloads/persistentvolumeclaim/index.ts')],
  ['workloads/node', () => import('../../controllers/workloads/node/index.ts')],
  ['workloads/horizontalpodautoscaler', () => import('../../controllers/workloads/horizontalpodautoscaler/index.ts')],
  ['workloads/resourcequota', () => import('../../controllers/workloads/resourcequota/index.ts')],
  ['workloads/namespace', () => import('../../controllers/workloads/namespace/index.ts')],
  ['workloads/apiservice', () => import('../../controllers/workloads/apiservice/index.ts')],
  [
    'workloads/validatingwebhookconfiguration',
    () => import('../../controllers/workloads/validatingwebhookconfiguration/index.ts'),
  ],
  [
    'workloads/mutatingwebhookconfiguration',
    () => import('../../controllers/workloads/mutatingwebhookconfiguration/index.ts'),
  ],
  ['conditions', () => import('../../controllers/conditions/index.ts')],
  ['workloads/certificate', () => import('../../controllers/workloads/certificate/index.ts')],
]);

export interface Configured extends LoadedConfiguration {
  /** The enabled ones, ready to run. */
  readonly controllers: readonly LoadedController[];
  /** Likewise. */
  readonly resources: readonly LoadedResource[];
  readonly receivers: readonly Declaration[];
  /** Those of the configuration, among the controllers too. */
  readonly rules: readonly CompiledRule[];
  /** Of all rules of this process. */
  readonly ruleControllers: RuleControllers;
}

/**
 * The configuration of this command line with its controllers and resources loaded. Throws a ConfigurationError with
 * every fault, those of the options of controllers and resources among them. `ruleControllers` and `plugins`: those of
 * this process. Without `plugins` controllers that are not built in are loaded to say what they are, and do not run;
 * `ignored` leaves them out, for a process that runs no controllers and need not have their files.
 */
export async function configure(
  flag: string | undefined,
  streams: Streams,
  ruleControllers = new RuleControllers(),
  plugins?: Plugins | 'ignored',
): Promise<Configured> {
  await using checked = plugins === undefined ? createPlugins({ logger: silentLogger }) : undefined;
  const host = plugins === 'ignored' ? undefined : (plugins ?? checked)?.load;
  const read = await readConfiguration({
    flag,
    variable: streams.env.FAULTLINE_CONFIG,
    directory: streams.directory,
    builtIns: [...BUILT_INS.keys()],
    parseLabelSelector: (text) => text.trim() === '' || parseLabelSelector(text),
  });
  const entries = read.configuration?.controllers ?? read.writtenControllers.map(loadableEntry);
  const { controllers, faults } = await loadControllers(
    entries.map((entry) => (host === undefined && OUTSIDE.test(entry.use) ? { ...entry, enabled: false } : entry)),
    { baseDir: read.directory, builtins: BUILT_INS, ...(host && { host }) },
  );
  const own = read.configuration?.resources ?? read.writtenResources.map((one) => loadable(one));
  const { resources, faults: ofResources } = await loadResources(own, read.directory);
  const known = new Set(read.faults.map(({ path }) => path));
  const more = [...faults, ...ofResources]
    .filter(({ path }) => !known.has(path))
    .map(({ path, message, value }) => read.fault(parsePath(path), `${message.trim()}${shown(value)}`));
  const { receivers, faults: ofReceivers } = await loadReceivers(read);
  const { rules, faults: ofRules } = await loadRules(read);
  const loaded = requireFaultless(read, [...more, ...ofReceivers, ...ofRules]);
  return {
    ...loaded,
    controllers: [...controllers, ...rules.map((rule) => ruleControllers.of(rule))],
    resources,
    receivers,
    rules,
    ruleControllers,
  };
}

/** What of a faulty entry can be loaded all the same, so that the faults of its options are listed too. */
function loadableEntry(written: unknown, index: number): ControllerEntry {
  return { ...loadable(written), name: `entry-${index}` };
}

function loadable(written: unknown): { use: string; enabled: boolean; with: Record<string, unknown> } {
  const { use, enabled, with: options } = (written ?? {}) as Partial<Record<string, unknown>>;
  const named = typeof use === 'string' && enabled !== false;
  const given = typeof options === 'object' && options !== null ? (options as Record<string, unknown>) : {};
  return { use: named ? use : '', enabled: named, with: given };
}

function shown(value: unknown): string {
  return value === undefined || (typeof value === 'object' && value !== null) ? '' : ` (is ${JSON.stringify(value)})`;
}

/** `controllers[1].with["a.b"].c` as its parts: the other direction of `formatPath`. */
export function parsePath(path: string): Path {
  const parts = path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g);
  return [...parts].map(([, index, quoted, name]) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined ? (name as string) : (JSON.parse(quoted) as string);
  });
}
