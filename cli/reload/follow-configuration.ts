import { resolve } from 'node:path';
import type { Registry } from 'prom-client';
import type { RuleControllers } from '../../controllers/rules/index.ts';
import { type Logger, type Manager, type Plugins, systemClock } from '../../controllers/runtime/index.ts';
import { type Configured, configure } from '../configuration/controllers.ts';
import { CONFIGURATION_FILE } from '../configuration/load.ts';
import type { Streams } from '../streams.ts';
import { Reloading } from './reloading.ts';

export interface FollowOptions {
  /** `--config`, as the command was given it. */
  readonly flag: string | undefined;
  readonly streams: Streams;
  /** What the manager began with. */
  readonly configured: Configured;
  readonly manager: Manager;
  readonly plugins: Plugins;
  readonly rules: RuleControllers;
  readonly log: Logger;
  readonly registry: Registry;
  /** Told of every configuration before it is applied. */
  readonly onApply?: (configured: Configured) => void | Promise<void>;
}

/** Applies edits of faultline.yaml and of the local plugins that it names to a manager, until it is disposed of. */
export function followConfiguration(options: FollowOptions): AsyncDisposable {
  const { flag, streams, configured, manager, plugins, rules, log, registry, onApply } = options;
  const reloading = new Reloading({
    configured,
    load: () => configure(flag, streams, rules, plugins),
    async apply(next) {
      await onApply?.(next);
      await manager.apply(next.controllers, 'configuration', next.configuration.namespaces);
    },
    onFault: (message) => manager.refuseEdit(message),
    // Without a file that of the folder, which may come.
    file: resolve(streams.directory, configured.file ?? CONFIGURATION_FILE),
    plugins,
    log,
    registry,
    clock: systemClock,
  });
  reloading.start();
  return reloading;
}
