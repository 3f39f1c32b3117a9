import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterConfiguration } from '../../crds/configuration.ts';
import { Failure } from '../exit.ts';
import { packageRoot } from '../package-info.ts';
import type { Streams } from '../streams.ts';
import { type ClusterConnection, type ConnectionRequest, connectCluster } from './connection.ts';

/** Where objects come from, decided: a folder that exists, or a live cluster that may be away. */
export type ChosenCluster =
  | { readonly kind: 'folder'; readonly folder: string; readonly isExample: boolean }
  | { readonly kind: 'live'; readonly connection: ClusterConnection };

export interface ClusterFlags {
  /** `--cluster`: a live cluster, whatever the configuration says. */
  readonly cluster?: boolean | undefined;
  /** Both choose a live cluster too. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/**
 * `--cluster` (with `--kubeconfig`, `--context`) > `cluster:` of the configuration > the example folder of this
 * package. Throws a Failure for a folder that is missing and for a kubeconfig or context that cannot be used.
 */
export async function chooseCluster(
  flags: ClusterFlags,
  configured: ClusterConfiguration | undefined,
  streams: Streams,
): Promise<ChosenCluster> {
  if (flags.cluster || flags.kubeconfig !== undefined || flags.context !== undefined) {
    return live(liveRequest(flags, configured), streams);
  }
  if (configured === undefined) return await folder(exampleFolder(), true);
  if ('folder' in configured) return await folder(configured.folder, false);
  return live(configured, streams);
}

/** Which live cluster: the flags say more than the configuration, whose folder says nothing about it. */
export function liveRequest(
  { kubeconfig, context }: Pick<ClusterFlags, 'kubeconfig' | 'context'>,
  configured: ClusterConfiguration | undefined,
): ConnectionRequest {
  const base = configured === undefined || 'folder' in configured ? {} : configured;
  if (kubeconfig === undefined && context === undefined) return base;
  const { inCluster: _, ...named } = base as ConnectionRequest;
  return { ...named, ...(kubeconfig !== undefined && { kubeconfig }), ...(context !== undefined && { context }) };
}

/** The recorded cluster that ships with this package. */
export function exampleFolder(): string {
  return join(packageRoot(), 'examples', 'cluster');
}

/** What the issues of a folder are stored under: two folders never mix. */
export function folderClusterId(folder: string): string {
  return `folder:${folder}`;
}

async function live(request: ConnectionRequest, streams: Streams): Promise<ChosenCluster> {
  return { kind: 'live', connection: await connectCluster(request, streams) };
}

async function folder(path: string, isExample: boolean): Promise<ChosenCluster> {
  try {
    return { kind: 'folder', folder: await realpath(path), isExample };
  } catch (cause) {
    throw new Failure(`the folder ${path} (cluster.folder) cannot be read: ${(cause as NodeJS.ErrnoException).code}`, {
      cause,
    });
  }
}
