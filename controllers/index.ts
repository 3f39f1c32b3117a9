/** What a plugin author imports, as `faultline/controllers`. */
export { parseDuration } from '../crds/duration.ts';
export type { Evidence } from '../crds/evidence.ts';
export { maskSecrets } from '../crds/mask-secrets.ts';
export type { Finding, Link, Severity, Subject } from '../crds/report.ts';
export { multiLine, oneLine, truncate } from '../crds/text.ts';
export { parseTime } from '../crds/time.ts';
export type { CataloguedFinding, Documentation, Findings, FindingWords, FixedFinding } from './runtime/catalogue.ts';
export { defineFindings } from './runtime/catalogue.ts';
export type {
  ControllerDefinition,
  ControllerTemplate,
  DeepReadonly,
  LogTail,
  ObjectLike,
  Observation,
  Read,
  Reads,
  Undecided,
  Verdict,
  Watches,
} from './runtime/plugin.ts';
export { defineController, defineTemplate, RetryAfter, TerminalError, undecided } from './runtime/plugin.ts';
export { count, type Fields, fields, identifier, records, text } from './runtime/shape.ts';
