/**
 * The controller runtime, for the composition root (`cli/`) and, as `faultline/runtime`, for authors of the hard case:
 * reflector, cache, queue and election as parts of a loop of one's own. It knows no concrete kind.
 */
export type { CacheChange } from './cache.ts';
export { ObjectCache } from './cache.ts';
export type { Clock } from './clock.ts';
export { pause, systemClock } from './clock.ts';
export { isSameController } from './controller-set.ts';
export type { Credentials, TlsMaterial } from './credentials.ts';
export type { FolderSourceOptions } from './folder-source.ts';
export { createFolderSource } from './folder-source.ts';
export type { InformerListener, InformerOptions, ScopeState } from './informer.ts';
export { Informer } from './informer.ts';
export type { Plugins, PluginsOptions } from './isolation/plugins.ts';
export { createPlugins } from './isolation/plugins.ts';
export type { KubeClient, KubeClientOptions, KubeResponse } from './kube-client.ts';
export { createKubeClient } from './kube-client.ts';
export type { ElectionOptions } from './leadership/elected.ts';
export { electedLeaders } from './leadership/elected.ts';
export { electionMetrics } from './leadership/election-metrics.ts';
export { kubeLeases } from './leadership/kube-leases.ts';
export type { Leaders, LeadershipStatus } from './leadership/leaders.ts';
export { shardedLeaders } from './leadership/sharded.ts';
export { steadyClock } from './leadership/timing.ts';
export type { LiveSourceOptions } from './live-source.ts';
export { createLiveSource } from './live-source.ts';
export type { ControllerEntry, LoadedController, LoadOptions, LoadResult } from './loader.ts';
export { loadControllers } from './loader.ts';
export type { Logger } from './logger.ts';
export { silentLogger } from './logger.ts';
export type { BackendOptions, ControllerStatus, Manager, ManagerInside, ManagerOptions } from './manager.ts';
export { createManager } from './manager.ts';
export type { ClusterObject } from './object.ts';
export type { Priority, QueueObserver, QueueOptions } from './queue.ts';
export { WorkQueue } from './queue.ts';
export type { RecordedProgress, RecordedSummary } from './recorded.ts';
export { readRecorded } from './recorded.ts';
export type { ReflectorOptions } from './reflector.ts';
export { createReflector } from './reflector.ts';
export type { ReplayOptions, ReplaySummary } from './replay.ts';
export { replay } from './replay.ts';
export type { Sink } from './sink.ts';
export type { ObjectSource, SourceEvent, SourceFault, WatchRequest } from './source.ts';
export type { Strip } from './strip.ts';
export { createStrip } from './strip.ts';
