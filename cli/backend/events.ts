import { hostname } from 'node:os';
import type { Registry } from 'prom-client';
import { type EventWriter, eventMetrics, runEvents } from '../../apiserver/events/index.ts';
import type { EventsConfiguration } from '../../crds/configuration.ts';
import type { Log } from '../log.ts';
import { type FirstLoad, runWhenOpened } from './first-load.ts';

export interface EventsWiring {
  readonly writer: EventWriter;
  readonly configuration: EventsConfiguration;
}

/** Begins when issues are served, and ends before the store is closed. */
export function startEvents(
  first: Pick<FirstLoad, 'opened'>,
  { writer, configuration }: EventsWiring,
  clusterScopedNamespace: string,
  registry: Registry,
  log: Log,
): AsyncDisposable {
  const metrics = eventMetrics(registry);
  return runWhenOpened(first, async (store, signal) => {
    await using lease = store.eventsLease();
    await runEvents({
      transitions: store.issueTransitions('events'),
      lease,
      news: store.news,
      writer,
      minimumSeverity: configuration.minimumSeverity,
      clusterScopedNamespace,
      instance: hostname(),
      metrics,
      log,
      now: Date.now,
      signal,
    });
  });
}
