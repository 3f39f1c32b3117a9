import { hostname } from 'node:os';
import type { Registry } from 'prom-client';
import { type EventWriter, eventMetrics, runEvents } from '../../apiserver/events/index.ts';
import type { EventsConfiguration } from '../../crds/configuration.ts';
import type { Log } from '../log.ts';
import type { ConnectingStore } from './connecting-store.ts';

export interface EventsWiring {
  readonly writer: EventWriter;
  readonly configuration: EventsConfiguration;
}

/** Begins when the database was reached, and ends before the store is closed. */
export function startEvents(
  store: ConnectingStore,
  { writer, configuration }: EventsWiring,
  clusterScopedNamespace: string,
  registry: Registry,
  log: Log,
): AsyncDisposable {
  const ending = new AbortController();
  const metrics = eventMetrics(registry);
  const running = store.opened.then(async (opened) => {
    await using lease = opened.eventsLease();
    await runEvents({
      transitions: opened.issueTransitions('events'),
      lease,
      writer,
      minimumSeverity: configuration.minimumSeverity,
      clusterScopedNamespace,
      instance: hostname(),
      metrics,
      log,
      now: Date.now,
      signal: ending.signal,
    });
  });
  // A database that can never be used is told where it is opened.
  running.catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running.catch(() => {});
    },
  };
}
