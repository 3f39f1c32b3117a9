/** What the API tells a metrics registry. The server gives one that feeds prom-client; the default forgets. */
export interface KubeMetrics {
  /** A request other than a watch was answered. `resource` is '' for paths that are none. */
  requestFinished(request: { verb: string; resource: string; code: number; seconds: number }): void;
  watchStarted(resource: string): void;
  /** `reason`: `timeout`, `closed`, `expired`, `overflow` or `unavailable`. */
  watchEnded(resource: string, reason: string): void;
  /** A watcher was handed lines and is now this many change numbers behind. */
  watchLag(resource: string, changes: number): void;
}

export const NO_METRICS: KubeMetrics = {
  requestFinished: () => undefined,
  watchStarted: () => undefined,
  watchEnded: () => undefined,
  watchLag: () => undefined,
};
