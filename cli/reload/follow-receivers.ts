import { resolve } from 'node:path';
import type { Registry } from 'prom-client';
import type { Declaration } from '../../apiserver/receivers/index.ts';
import { systemClock } from '../../controllers/runtime/clock.ts';
import type { Logger } from '../../controllers/runtime/logger.ts';
import { CONFIGURATION_FILE } from '../configuration/load.ts';
import { configureServing, type Serving } from '../configuration/serving.ts';
import type { Streams } from '../streams.ts';
import { type Reloaded, Reloading } from './reloading.ts';

export interface FollowReceiversOptions {
  /** `--config`, as the command was given it. */
  readonly flag: string | undefined;
  readonly streams: Streams;
  /** What the server began with. */
  readonly configured: Serving;
  readonly declare: (receivers: readonly Declaration[]) => Promise<void>;
  readonly log: Logger;
  readonly registry: Registry;
}

/** For a process that runs no controllers: of edits of faultline.yaml it applies the receivers, until it is disposed of. */
export function followReceivers({
  flag,
  streams,
  configured,
  declare,
  ...rest
}: FollowReceiversOptions): AsyncDisposable {
  const reloading = new Reloading({
    ...rest,
    configured: withoutControllers(configured),
    load: async () => withoutControllers(await configureServing(flag, streams)),
    apply: ({ receivers }) => declare(receivers),
    onFault: () => {},
    file: resolve(streams.directory, configured.file ?? CONFIGURATION_FILE),
    plugins: { files: async () => [], retain: async () => {} },
    clock: systemClock,
  });
  reloading.start();
  return reloading;
}

function withoutControllers(configured: Serving): Serving & Reloaded {
  return { ...configured, controllers: [] };
}
