/** Observations in: what routes, resources and the composition root use of the engine. */
export type { IssueAction } from './actions.ts';
export { ActionRefused, type Deed } from './deeds.ts';
export { createEngine, type Engine, type EngineOptions, type SubmitOptions } from './engine.ts';
export { TooManyReports } from './group-commit.ts';
export { InvalidInput } from './input.ts';
export { Fenced, NotAllowed } from './leaders.ts';
export { type EngineMetrics, engineMetrics } from './metrics.ts';
export { localNamespaces, withHome } from './namespaces.ts';
export {
  type Caller,
  type NamespaceIdentity,
  type Namespaces,
  NamespacesUnavailable,
  type Permission,
  type ReportAccess,
  trustedAccess,
} from './ports.ts';
