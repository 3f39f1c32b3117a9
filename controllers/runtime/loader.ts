import type { InputFault } from '../../crds/report.ts';
import type { ControllerDefinition } from './plugin.ts';

/** One entry of `controllers:` in faultline.yaml. */
export interface ControllerEntry {
  /** `tekton/pipelinerun` (built in), `./x.ts` (from the configuration's folder) or `npm:x` (from its node_modules). */
  use: string;
  /** The source's name. Default: `use` with `/` as `-`, for a file its base name; required for npm. */
  name?: string;
  /** Default true. */
  enabled?: boolean;
  /** Globs, `!` excludes. Default all. */
  namespaces?: readonly string[];
  labelSelector?: string;
  /** Objects observed at the same time. Default 4. */
  concurrency?: number;
  /** A duration such as `30d`: how old a failure of an initial list may be to open an issue. Default 30d. */
  maxAge?: string;
  /** The plugin's options. */
  with?: Readonly<Record<string, unknown>>;
}

/** A controller that is ready to run. */
export interface LoadedController {
  readonly name: string;
  readonly use: string;
  readonly definition: ControllerDefinition;
  readonly options: unknown;
  readonly namespaces: readonly string[];
  readonly labelSelector: string;
  readonly concurrency: number;
  readonly maxAgeMs: number;
}

export interface LoadOptions {
  /** The folder of the configuration file: `./x.ts` and `npm:x` are found from here. */
  baseDir: string;
  /** What ships with the product: `tekton/pipelinerun` → its module. */
  builtins: ReadonlyMap<string, () => Promise<unknown>>;
}

export interface LoadResult {
  readonly controllers: readonly LoadedController[];
  /** All faults of all entries; `path` is relative to the configuration: `controllers[1].with.consoleURL`. */
  readonly faults: readonly InputFault[];
}

export declare function loadControllers(entries: readonly ControllerEntry[], options: LoadOptions): Promise<LoadResult>;
