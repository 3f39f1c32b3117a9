import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { localNamespaces, type Namespaces } from '../../apiserver/ingest/index.ts';
import { createClusterApi } from '../../apiserver/kube/access/index.ts';
import { openKiteDatabase } from '../../apiserver/store/kite-database.ts';
import { openStore, type StoreOptions } from '../../apiserver/store/open-store.ts';
import { createKubeClient, systemClock } from '../../controllers/runtime/index.ts';
import { escapeControls } from '../../crds/text.ts';
import { clusterNamespaces } from '../backend/cluster-namespaces.ts';
import { type ChosenCluster, chooseCluster, folderClusterId } from '../cluster/choose.ts';
import { askClusterId } from '../cluster/identity.ts';
import type { ImportOptions } from '../commands/import.ts';
import { configureServing } from '../configuration/serving.ts';
import { EXIT, Failure } from '../exit.ts';
import { createLog, type Log } from '../log.ts';
import { createProgress } from '../progress.ts';
import { readSecret } from '../secret-file.ts';
import { systemProcesses } from '../state/processes.ts';
import { contextFolder, openStateFolder } from '../state/state-folder.ts';
import type { Streams } from '../streams.ts';
import { type Imported, importKite } from './import-kite.ts';

/** `faultline import kite`: reads a database of Kite, writes through the engine into the database of this cluster. */
export async function runImport(options: ImportOptions, streams: Streams): Promise<number> {
  const { configuration } = await configureServing(options.config, streams);
  const log = createLog(options.log, streams.err, streams.env);
  const url = options.from ?? (await readSecret(options.fromFile as string));
  const source = await chooseCluster(options.source, configuration.cluster, streams);
  await using closing = new AsyncDisposableStack();
  const from = closing.use(openKiteDatabase(url));
  await readable(from);
  const { clusterId, namespaces } = await clusterOf(source, { streams, log, closing });
  const database = await openDatabase(options, configuration.server, { source, streams, closing });
  const store = closing.use(await openStore({ database, clusterId }));
  const progress = closing.use(createProgress(streams.err, streams.env, Date.now));
  const imported = await importKite({
    ...{ from, store, namespaces, newId: randomUUID, signal: streams.signal },
    clusterScopedNamespace: configuration.issues.clusterScopedNamespace,
    onProgress: (label, done, total) => progress.update(`importing ${label}`, done, total),
  });
  progress[Symbol.dispose]();
  streams.out.write(summaryOf(imported));
  return EXIT.ok;
}

/** Before anything is opened for writing. The URL may hold a password, so it is not shown. */
async function readable(from: ReturnType<typeof openKiteDatabase>): Promise<void> {
  await from.counts().catch((cause: Error) => {
    throw new Failure(`cannot read the database of Kite: ${escapeControls(cause.message)}`, { cause });
  });
}

interface Opening {
  readonly streams: Streams;
  readonly closing: AsyncDisposableStack;
}

async function clusterOf(
  source: ChosenCluster,
  { streams, log, closing }: Opening & { readonly log: Log },
): Promise<{ clusterId: string; namespaces: Namespaces }> {
  if (source.kind === 'folder') {
    const clusterId = folderClusterId(source.folder);
    return { clusterId, namespaces: localNamespaces(clusterId) };
  }
  const client = closing.use(createKubeClient(source.connection));
  const onFault = (message: string): void => log.warn({}, message);
  const { signal } = streams;
  const clusterId = await askClusterId({ client, signal, clock: systemClock, random: Math.random, onFault });
  if (clusterId === undefined) throw new Failure('interrupted before the cluster answered');
  return { clusterId, namespaces: clusterNamespaces(closing.use(createClusterApi(source.connection)), Date.now) };
}

async function openDatabase(
  options: ImportOptions,
  configured: { database: 'embedded' } | { databaseUrlFile: string },
  { source, streams, closing }: Opening & { readonly source: ChosenCluster },
): Promise<StoreOptions['database']> {
  const file = options.databaseUrlFile ?? ('databaseUrlFile' in configured ? configured.databaseUrlFile : undefined);
  if (file !== undefined) return { url: await readSecret(file) };
  const own = source.kind === 'live' ? contextFolder(source.connection.name) : '';
  const folder = options.stateDir ?? resolve(streams.directory, '.faultline', own);
  return { embedded: closing.use(await openStateFolder(folder, systemProcesses)).database };
}

/** Lines of what was merged that are shown. */
const MAX_SHOWN = 20;

export function summaryOf(done: Imported): string {
  const duplicates = done.merged.reduce((sum, { rows }) => sum + rows - 1, 0);
  const lines = [
    `${done.rows} rows: ${done.issues} issues imported (${done.active} active), ${done.unchanged} there already, ${duplicates} duplicates merged.`,
    `${done.relations} relations imported, ${done.otherRelations} there already or of issues that were left out.`,
    ...done.merged.slice(0, MAX_SHOWN).map(({ what, rows, id }) => `merged  ${what}  ${rows} rows into ${id}`),
    ...(done.merged.length > MAX_SHOWN ? [`merged  … and ${done.merged.length - MAX_SHOWN} more`] : []),
    ...[...done.leftOut].map(([why, count]) => `left out  ${count}: ${why}`),
  ];
  return `${lines.map(escapeControls).join('\n')}\n`;
}
