import {
  createLiveSource,
  createStrip,
  Informer,
  type KubeClient,
  type Logger,
  systemClock,
  WorkQueue,
} from 'faultline/runtime';

/**
 * The hard case: a loop of your own on the parts of Faultline's controllers. `reconcile` is called with each ConfigMap as it
 * is now, and with undefined when it is gone; never twice at once for the same one, and again with backoff when it throws.
 */
export async function reconcileConfigMaps(
  { client, logger, signal }: { client: KubeClient; logger: Logger; signal: AbortSignal },
  reconcile: (key: string, data: Record<string, string> | undefined) => Promise<void>,
): Promise<void> {
  const fields = ['data'];
  const queue = new WorkQueue({ clock: systemClock, lane: (key) => key.split('/')[0] ?? '' });
  const configMaps = new Informer({
    source: createLiveSource({ client, logger }),
    apiVersions: ['v1'],
    kind: 'ConfigMap',
    fields,
    strip: createStrip(fields),
    accept: () => true,
    logger,
  });
  configMaps.subscribe({ changed: ({ key }) => queue.add(key), stateChanged: () => {} });
  signal.addEventListener('abort', () => queue.close(), { once: true });
  const watching = configMaps.run(signal);
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    try {
      await reconcile(key, configMaps.cache.get(key)?.data as Record<string, string> | undefined);
    } catch (error) {
      logger.warn({ object: key, error: String(error) }, 'reconcile failed');
      queue.retryAfter(key, 1_000);
    }
    queue.done(key);
  }
  await watching;
}
