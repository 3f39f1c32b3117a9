import { ClusterApiError, createClusterApi, type OwningClusterApi } from '../../apiserver/kube/access/index.ts';
import { type Clock, pause, systemClock } from '../../controllers/runtime/index.ts';
import { oneLine } from '../../crds/text.ts';
import { connectCluster } from '../cluster/connection.ts';
import type { UninstallOptions } from '../commands/uninstall.ts';
import { EXIT, Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { findInstalled, type Installed, type Stage, volumesIn } from './find-installed.ts';

const LOOK_EVERY_MS = 500;
/** A namespace takes its pods along, and they their grace period. */
const STAGE_TIMEOUT_MS = 180_000;

/** `faultline uninstall`. */
export async function runUninstall(options: UninstallOptions, streams: Streams): Promise<number> {
  const connection = await connectCluster(options, streams);
  await using api = createClusterApi(connection);
  const stages = await findInstalled(api, options);
  const { out } = streams;
  if (stages.length === 0) {
    out.write(`There is nothing of faultline in ${connection.name}.\n`);
    return EXIT.ok;
  }
  const volumes = options.keepNamespace ? [] : await volumesIn(api, options.namespace);
  if (volumes.length > 0 && !options.deleteVolumes) {
    throw new Failure(
      `the namespace ${options.namespace} holds ${volumes.join(', ')}: keep it with --keep-namespace (faultline backup copies ` +
        'what is in a database), or let it go with --delete-volumes',
    );
  }
  if (!options.yes) {
    for (const { what, objects } of stages) out.write(`${what}:\n${objects.map(({ name }) => `  ${name}\n`).join('')}`);
    out.write(`Nothing was deleted. Delete all of this from ${connection.name} with --yes.\n`);
    return EXIT.ok;
  }
  await removeAll(api, stages, { clock: systemClock, signal: streams.signal, say: (line) => out.write(`${line}\n`) });
  out.write(`Faultline is uninstalled.${volumes.length > 0 ? '' : ' Its database is as it was.'}\n`);
  return EXIT.ok;
}

export interface Removing {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  say(line: string): void;
}

/** Stage by stage. Throws a Failure that names what does not go away. */
export async function removeAll(api: OwningClusterApi, stages: readonly Stage[], removing: Removing): Promise<void> {
  const { say } = removing;
  for (const { what, objects } of stages) {
    for (const { name, path } of objects) {
      await api.delete(path).catch(ignoreMissing);
      say(`deleted ${name}`);
    }
    await untilGone(api, what, objects, removing);
  }
}

async function untilGone(
  api: OwningClusterApi,
  what: string,
  objects: readonly Installed[],
  { clock, signal }: Removing,
): Promise<void> {
  const deadline = clock.now() + STAGE_TIMEOUT_MS;
  for (const { name, path } of objects) {
    for (;;) {
      const found = await api.get(path).catch(ignoreMissing);
      if (found === undefined) break;
      signal.throwIfAborted();
      if (clock.now() > deadline)
        throw new Failure(`${name} (${what}) does not go away: ${whyNot(found)}; run this again later`);
      await pause(clock, LOOK_EVERY_MS, signal);
    }
  }
}

/** The namespace controller says what is in its way in conditions; else there are finalizers. */
function whyNot(found: unknown): string {
  const { metadata, status } = found as {
    metadata?: { finalizers?: readonly string[] };
    status?: { conditions?: readonly { status: string; message?: string }[] };
  };
  const said = status?.conditions?.filter((one) => one.status === 'True').map(({ message }) => message);
  return oneLine(said?.join('; ') || `finalizers ${metadata?.finalizers?.join(', ') || 'none'}`, 500);
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof ClusterApiError && error.status === 404) return undefined;
  throw error;
}
