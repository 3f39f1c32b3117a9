import type { Figure } from './harness/figure.ts';
import type { Progress } from './harness/progress.ts';

export interface BenchContext {
  readonly progress: Progress;
  /** Fewer repetitions and smaller sets: whether it runs at all, not for figures. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
  /** For the node of the product's processes: `--cpu-prof`. */
  readonly nodeFlags: readonly string[];
  /** For the product's processes, besides what its manifests say. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One named thing to measure: `npm run bench <name>`. */
export interface Scenario {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  run(context: BenchContext): Promise<readonly Figure[]>;
}
