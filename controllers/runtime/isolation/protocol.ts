import type { InputFault } from '../../../crds/report.ts';
import type { CodePiece, PluginCode } from '../import-plugin.ts';
import type { ClusterObject } from '../object.ts';
import type { ControllerDefinition } from '../plugin.ts';

/**
 * What is said between the main thread and the worker of one plugin. Only data: a definition without its functions, objects
 * and verdicts as structured clones. Messages travel in lists, one list for what comes together.
 */

/** What a worker is started with. */
export interface PluginRequest {
  /** A file URL, or the name of a package that is looked for from `baseDir`. */
  readonly specifier: string;
  readonly baseDir: string;
  /** The plugin's options as they were written. */
  readonly with: Readonly<Record<string, unknown>>;
  /** Where the entry is written: `controllers[1]`. Faults begin with it. */
  readonly path: string;
  /** What it was made of when it began: what is in here is not read again, whatever was edited since. */
  readonly code?: PluginCode;
}

/** Everything of a definition that is data. Options stay in the worker. */
export type DefinitionData = Omit<ControllerDefinition, 'observe' | 'options'>;

export type ToWorker =
  | {
      readonly type: 'observe';
      readonly look: number;
      readonly object: ClusterObject;
      readonly now: number;
      readonly live: boolean;
    }
  | { readonly type: 'answer'; readonly look: number; readonly call: number; readonly value: unknown }
  | { readonly type: 'refusal'; readonly look: number; readonly call: number; readonly error: Thrown }
  | { readonly type: 'abort'; readonly look: number };

export type FromWorker =
  | { readonly type: 'loaded'; readonly definition: DefinitionData }
  | { readonly type: 'faulty'; readonly faults: readonly InputFault[] }
  | { readonly type: 'code'; readonly piece: CodePiece }
  /** Files that the plugin is made of, as URLs; what it imports later follows. */
  | { readonly type: 'files'; readonly files: readonly string[] }
  | {
      readonly type: 'read';
      readonly look: number;
      readonly call: number;
      readonly method: ReadMethod;
      readonly args: readonly unknown[];
    }
  | { readonly type: 'decided'; readonly look: number; readonly verdict: unknown }
  | { readonly type: 'failed'; readonly look: number; readonly error: Thrown };

export type ReadMethod = 'owned' | 'get' | 'list' | 'covers' | 'indexed' | 'logs';

/** What was thrown, as far as it decides what happens next: errors lose their class on the way. */
export interface Thrown {
  readonly name: string;
  readonly message: string;
  /** Of a RetryAfter. */
  readonly ms?: number;
}

const NO_ERROR = 'NoError';

/** Never fails: a getter of what was thrown may throw again. */
export function thrownOf(error: unknown): Thrown {
  try {
    if (typeof error !== 'object' || error === null) return { name: NO_ERROR, message: String(error) };
    const { name, message, ms } = error as Partial<Record<keyof Thrown, unknown>>;
    return {
      name: typeof name === 'string' ? name : 'Error',
      message: typeof message === 'string' ? message : String(error),
      ...(typeof ms === 'number' && { ms }),
    };
  } catch {
    return { name: 'Error', message: 'something was thrown that cannot be told' };
  }
}

/** The same failure on this side: told apart by its name, as everywhere. */
export function errorFrom({ name, message, ms }: Thrown): unknown {
  if (name === NO_ERROR) return message;
  return Object.assign(new Error(message), { name, ...(ms !== undefined && { ms }) });
}
