import type { RuntimeMetrics } from './metrics.ts';
import type { PluginEndReason, PluginHost } from './plugin-host.ts';

/** Tells how the plugin of a controller is, where it runs outside of this thread. */
export class PluginMetrics {
  readonly #controller: string;
  readonly #host: PluginHost;
  readonly #metrics: RuntimeMetrics;
  readonly #told = new Map<PluginEndReason, number>();

  constructor(controller: string, host: PluginHost, metrics: RuntimeMetrics) {
    this.#controller = controller;
    this.#host = host;
    this.#metrics = metrics;
  }

  measure(): void {
    const { running, ends, parked } = this.#host.health();
    const controller = this.#controller;
    this.#metrics.pluginUp.set({ controller }, running ? 1 : 0);
    this.#metrics.pluginParked.set({ controller }, parked.length);
    for (const [reason, count] of Object.entries(ends) as [PluginEndReason, number][]) {
      this.#metrics.pluginEnds.inc({ controller, reason }, count - (this.#told.get(reason) ?? 0));
      this.#told.set(reason, count);
    }
  }
}
