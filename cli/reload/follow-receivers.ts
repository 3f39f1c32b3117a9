import { resolve } from 'node:path';
import type { Registry } from 'prom-client';
import type { Declaration } from '../../apiserver/receivers/index.ts';
import { type Logger, systemClock } from '../../controllers/runtime/index.ts';
import { type Configured, configure } from '../configuration/controllers.ts';
import { CONFIGURATION_FILE } from '../configuration/load.ts';
import type { Streams } from '../streams.ts';
import { Reloading } from './reloading.ts';

export interface FollowReceiversOptions {
  /** `--config`, as the command was given it. */
  readonly flag: string | undefined;
  readonly streams: Streams;
  /** What the server began with. */
  readonly configured: Configured;
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
    load: async () => withoutControllers(await configure(flag, streams, undefined, 'ignored')),
    apply: ({ receivers }) => declare(receivers),
    onFault: () => {},
    file: resolve(streams.directory, configured.file ?? CONFIGURATION_FILE),
    plugins: { files: async () => [], retain: async () => {} },
    clock: systemClock,
  });
  reloading.start();
  return reloading;
}

function withoutControllers(configured: Configured): Configured {
  return { ...configured, controllers: [] };
}
