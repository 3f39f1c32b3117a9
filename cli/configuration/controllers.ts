import { type CompiledRule, RuleControllers } from '../../controllers/rules/index.ts';
import {
  type ControllerEntry,
  createPlugins,
  type LoadedController,
  loadControllers,
  type Plugins,
  silentLogger,
} from '../../controllers/runtime/index.ts';
import type { Streams } from '../streams.ts';
import { BUILT_INS } from './built-ins.ts';
import { requireFaultless } from './load.ts';
import { loadRules } from './rules.ts';
import { loadable, loadServing, readWritten, type Serving, unknownFaults } from './serving.ts';

export { BUILT_INS };

export interface Configured extends Serving {
  /** The enabled ones, ready to run. */
  readonly controllers: readonly LoadedController[];
  /** Those of the configuration, among the controllers too. */
  readonly rules: readonly CompiledRule[];
  /** Of all rules of this process. */
  readonly ruleControllers: RuleControllers;
}

/**
 * The configuration of this command line with its controllers and resources loaded. Throws a ConfigurationError with
 * every fault, those of the options of controllers and resources among them. `ruleControllers` and `plugins`: those of
 * this process. Without `plugins` controllers that are not built in are loaded to say what they are, and do not run.
 */
export async function configure(
  flag: string | undefined,
  streams: Streams,
  ruleControllers = new RuleControllers(),
  plugins?: Plugins,
): Promise<Configured> {
  await using checked = plugins === undefined ? createPlugins({ logger: silentLogger }) : undefined;
  const host = (plugins ?? checked)?.load;
  const read = await readWritten(flag, streams);
  const entries = read.configuration?.controllers ?? read.writtenControllers.map(loadableEntry);
  const { controllers, faults } = await loadControllers(entries, {
    baseDir: read.directory,
    builtins: BUILT_INS,
    ...(host && { host }),
  });
  const serving = await loadServing(read);
  const { rules, faults: ofRules } = await loadRules(read);
  const loaded = requireFaultless(read, [...unknownFaults(read, faults), ...serving.faults, ...ofRules]);
  return {
    ...loaded,
    controllers: [...controllers, ...rules.map((rule) => ruleControllers.of(rule))],
    resources: serving.resources,
    receivers: serving.receivers,
    rules,
    ruleControllers,
  };
}

/** What of a faulty entry can be loaded all the same, so that the faults of its options are listed too. */
function loadableEntry(written: unknown, index: number): ControllerEntry {
  return { ...loadable(written), name: `entry-${index}` };
}
