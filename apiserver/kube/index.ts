/** The Kubernetes wire for any read-only resource: what `resources`, `rest` and the server import. */
export {
  type ActionDefinition,
  type ActionRequest,
  type ActionResult,
  checkPreconditions,
  isSubresourceName,
  type Preconditions,
} from './action.ts';
export { KubeApi, type KubeApiOptions } from './api.ts';
export type { Attachment, AttachmentDefinition, AttachmentRequest } from './attachment.ts';
export type { AuditRecord } from './audit.ts';
export type { CacheEvent } from './cache/change-window.ts';
export { WatchCache, type WatchCacheOptions } from './cache/watch-cache.ts';
export {
  type ActionContext,
  type Body,
  defineResource,
  type Feed,
  type FeedContext,
  type FeedLogger,
  type Given,
  type GivenMetadata,
  type Key,
  type ModuleAction,
  type ModuleActionRequest,
  type ModuleColumn,
  type Objects,
  type ResourceModule,
  type Served,
} from './define-resource.ts';
export type { VersionInfo } from './discovery.ts';
export { type Access, type Admitted, admit, attributesOf } from './filters.ts';
export type { KubeMetrics } from './metrics.ts';
export { openApiSchema } from './openapi-schema.ts';
export { type Moment, type PastSource, parseMoment } from './past.ts';
export { type Place, readPastObjects } from './past-page.ts';
export { parseReady, type ReadyObject } from './ready-object.ts';
export type { RequestInfo } from './request-info.ts';
export { parseRequestInfo } from './request-info.ts';
export type { Cell, Column, CreateHandler, CreateRequest, JsonSchema, ResourceDefinition } from './resource.ts';
export type { TextSearch } from './search.ts';
export type { Change, ChangeSource } from './source.ts';
export * from './status.ts';
export { untilGone } from './until-gone.ts';
