/** What a plugin author imports, as `faultline/controllers`. */
export type { Finding, Link, Severity, Subject } from '../crds/report.ts';
export { oneLine, truncate } from '../crds/text.ts';
export type {
  ControllerDefinition,
  DeepReadonly,
  ObjectLike,
  Observation,
  Read,
  Reads,
  Undecided,
  Verdict,
  Watches,
} from './runtime/plugin.ts';
export { defineController, RetryAfter, TerminalError, undecided } from './runtime/plugin.ts';
