import type { Scene } from './frame/scene.ts';
import type { Source } from './source/source.ts';
import type { Effect } from './state/action.ts';
import type { State } from './state/state.ts';

/** What the terminal UI does outside of itself. */
export interface Outside {
  /** Shows a scene; called as often as something may look different. */
  draw(scene: Scene): void;
  /** Does what the state cannot; answers are dispatched. */
  perform(effect: Effect): void;
  /** Memory may be looked after: many issues came at once, or nobody pressed a key for a while and a pause is not felt. */
  rest(when: 'loading' | 'quiet'): void;
  /** ms since 1970. */
  now(): number;
}

export interface TuiOptions {
  readonly source: Source;
  readonly state: State;
  readonly colours: boolean;
  readonly unicode: boolean;
  /** Draws when time passes, too. Default: it does; a screen reader would say everything again. */
  readonly ticking?: boolean;
  /** Names of the contexts that `:context` may be given. */
  contexts?(): Promise<readonly string[]>;
  readonly outside: Outside;
  readonly signal: AbortSignal;
  /** What may be listed at first; undefined: all namespaces. */
  readonly namespace: string | undefined;
}
