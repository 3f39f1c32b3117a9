import { randomUUID } from 'node:crypto';
import type { Registry } from 'prom-client';
import type { ResourceDefinition } from '../../apiserver/kube/index.ts';
import { ownActions } from '../../apiserver/resources/own/actions.ts';
import { ownResource } from '../../apiserver/resources/own/definition.ts';
import { feedMetrics } from '../../apiserver/resources/own/metrics.ts';
import { runFeed } from '../../apiserver/resources/own/run-feed.ts';
import type { ResourceLog, ResourceStore } from '../../apiserver/store/resource-log.ts';
import type { LoadedResource } from '../configuration/resources.ts';
import type { Log } from '../log.ts';
import { type FirstLoad, runWhenOpened } from './first-load.ts';

export interface OwnResources extends AsyncDisposable {
  /** What the wire serves of them, from our own change log. */
  readonly definitions: readonly ResourceDefinition[];
}

/** A resource whose objects a feed of this process writes. */
export interface FedResource extends Omit<LoadedResource, 'use'> {
  /** Where a configuration has it from. */
  readonly use?: string;
  /** What the wire serves of it. Default: what its module says. */
  readonly define?: (log: ResourceLog) => ResourceDefinition;
}

/**
 * The resources that have a feed, groups of issues and those that the configuration adds: what is served of them, and their
 * feeds, which run until disposed of.
 */
export function openOwnResources(
  loaded: readonly FedResource[],
  to: {
    readonly store: ResourceStore;
    /** When the feeds begin. */
    readonly first: Pick<FirstLoad, 'opened'>;
    readonly directory: string;
    readonly registry: Registry;
    readonly log: Log;
  },
): OwnResources {
  const { store, first, directory, registry, log: logger } = to;
  const metrics = feedMetrics(registry);
  const holder = randomUUID();
  const resources = loaded.map(({ module, options, define = (log) => ownResource(module, log) }) => {
    const log = store.resourceLog(module.plural);
    const actions = ownActions(module, { options, directory, logger, log, now: Date.now });
    const definition = { ...define(log), ...(actions.length > 0 && { actions }) };
    return { module, options, log, definition };
  });
  const feeds = resources.map((one) =>
    runWhenOpened(first, (_, signal) => runFeed({ ...one, directory, holder, logger, metrics }, signal)),
  );
  return {
    definitions: resources.map(({ definition }) => definition),
    async [Symbol.asyncDispose]() {
      await Promise.all(feeds.map((feed) => feed[Symbol.asyncDispose]()));
    },
  };
}
