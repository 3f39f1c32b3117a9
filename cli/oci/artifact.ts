import { createHash } from 'node:crypto';
import { oneLine } from '../../crds/text.ts';
import { Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { type ArtifactReference, formatReference } from './reference.ts';
import { type Credentials, Registry } from './registry.ts';

export interface Artifact {
  /** Of its manifest. */
  readonly digest: string;
  readonly files: readonly ArtifactFile[];
}

export interface ArtifactFile {
  /** As it was pushed: `data/data/trusted_tekton_tasks.yml`; '' when that is not said. */
  readonly title: string;
  readonly text: string;
}

interface Layer {
  readonly mediaType: string;
  readonly digest: string;
  readonly title: string;
}

const MANIFESTS = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
const TITLE = 'org.opencontainers.image.title';
const MAX_MANIFEST = 4 * 1024 * 1024;
const MAX_FILE = 16 * 1024 * 1024;
const MAX_LAYERS = 50;

/**
 * Reads the files of an artifact whose layers are files, as `oras push` and `conftest push` make it; `wants` chooses. What has another
 * digest than was written, or than its manifest says, is refused. Throws a Failure that says what is wrong with it.
 */
export async function pullArtifact(
  reference: ArtifactReference,
  how: {
    credentials: Credentials;
    env: Streams['env'];
    signal: AbortSignal;
    wants: (layer: Omit<Layer, 'digest'>) => boolean;
  },
): Promise<Artifact> {
  const { registry: host, repository, tag, digest: wanted } = reference;
  const { credentials, env, signal, wants } = how;
  const registry = new Registry({ registry: host, repository, credentials, env, signal });
  const written = formatReference(reference);
  const manifest = await registry.get(`manifests/${wanted ?? tag}`, { accept: MANIFESTS, limit: MAX_MANIFEST });
  const digest = digestOf(manifest);
  if (wanted !== undefined && digest !== wanted) throw new Failure(`${written}: the registry answered with ${digest}`);
  const files: ArtifactFile[] = [];
  for (const layer of layersOf(manifest.toString(), written).filter(wants)) {
    const blob = await registry.get(`blobs/${layer.digest}`, { accept: '*/*', limit: MAX_FILE });
    if (digestOf(blob) !== layer.digest)
      throw new Failure(`${written}: ${oneLine(layer.title, 200) || layer.digest} is not what its digest says`);
    files.push({ title: layer.title, text: blob.toString() });
  }
  return { digest, files };
}

function layersOf(manifest: string, written: string): Layer[] {
  let layers: unknown;
  try {
    ({ layers } = JSON.parse(manifest) as { layers?: unknown });
  } catch {
    // Said below.
  }
  if (!Array.isArray(layers))
    throw new Failure(`${written}: that is no artifact with files (its manifest has no layers)`);
  if (layers.length > MAX_LAYERS) throw new Failure(`${written}: more than ${MAX_LAYERS} files`);
  return layers.flatMap((layer: Record<string, unknown> | null) => {
    const { mediaType, digest, annotations } = layer ?? {};
    if (typeof mediaType !== 'string' || typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest)) return [];
    const title = (annotations as Record<string, unknown> | undefined)?.[TITLE];
    return [{ mediaType, digest, title: typeof title === 'string' ? title : '' }];
  });
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
