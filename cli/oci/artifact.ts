import { createHash } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { oneLine } from '../../crds/text.ts';
import { Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { type ArtifactReference, formatReference } from './reference.ts';
import { type Credentials, Registry } from './registry.ts';

export interface Artifact {
  /** Of what its name led to: its manifest, or an index with it. */
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

const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');
const TITLE = 'org.opencontainers.image.title';
const MAX_MANIFEST = 4 * 1024 * 1024;
const MAX_FILE = 16 * 1024 * 1024;
const MAX_LAYERS = 50;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** How what is compressed begins: go-containerregistry, which writes these artifacts and reads them, looks at nothing else. */
const COMPRESSIONS = [
  { magic: Buffer.from([0x1f, 0x8b]), decompress: gunzipSync },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), decompress: zstdDecompressSync },
];

/**
 * Reads the files of an artifact whose layers are files, as `ec track bundle`, `oras push` and `conftest push` make it; `wants`
 * chooses. Files may be compressed by gzip or zstd, and an index may lie before the manifest. What has another digest than was
 * written, or than its manifest says, is refused. Throws a Failure that says what is wrong with it.
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
  const get = async (kind: 'manifests' | 'blobs', name: string, what: string): Promise<Buffer> => {
    const limit = kind === 'manifests' ? MAX_MANIFEST : MAX_FILE;
    const bytes = await registry.get(`${kind}/${name}`, { accept: kind === 'manifests' ? MANIFESTS : '*/*', limit });
    if (DIGEST.test(name) && digestOf(bytes) !== name)
      throw new Failure(`${written}: ${what} is not what its digest says`);
    return bytes;
  };
  const first = await get('manifests', wanted ?? tag ?? 'latest', 'its manifest');
  const only = manifestIn(first.toString(), written);
  const manifest = only === undefined ? first : await get('manifests', only, 'the manifest of its index');
  const files: ArtifactFile[] = [];
  for (const layer of layersOf(manifest.toString(), written).filter(wants)) {
    const name = oneLine(layer.title, 200) || layer.digest;
    const blob = await get('blobs', layer.digest, name);
    files.push({ title: layer.title, text: decompressed(blob, `${written}: ${name}`).toString() });
  }
  return { digest: digestOf(first), files };
}

/** Of an index: the digest of the manifest that is meant. Undefined for what is none. */
function manifestIn(text: string, written: string): string | undefined {
  interface Entry {
    readonly digest?: unknown;
    readonly platform?: { readonly os?: unknown; readonly architecture?: unknown };
  }
  let entries: (Entry | null)[] | undefined;
  try {
    ({ manifests: entries } = JSON.parse(text) as { manifests?: (Entry | null)[] });
  } catch {
    // Said of its layers.
  }
  if (!Array.isArray(entries)) return undefined;
  const usable = entries.flatMap((entry) => {
    const { digest, platform } = entry ?? {};
    if (typeof digest !== 'string' || !DIGEST.test(digest)) return [];
    return [{ digest, platform: platform && `${String(platform.os)}/${String(platform.architecture)}` }];
  });
  // As go-containerregistry chooses; what a build attests is of the platform unknown/unknown.
  const own = usable.filter(({ platform }) => platform !== 'unknown/unknown');
  const found = own.length === 1 ? own[0] : own.find(({ platform }) => platform === 'linux/amd64');
  if (found === undefined)
    throw new Failure(`${written}: its index has ${own.length} manifests: name one by its digest`);
  return found.digest;
}

function decompressed(bytes: Buffer, what: string): Buffer {
  const compression = COMPRESSIONS.find(({ magic }) => bytes.subarray(0, magic.length).equals(magic));
  if (compression === undefined) return bytes;
  try {
    return compression.decompress(bytes, { maxOutputLength: MAX_FILE });
  } catch (cause) {
    const tooLong = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new Failure(`${what} ${tooLong ? `is longer than ${MAX_FILE} bytes` : 'cannot be decompressed'}`, { cause });
  }
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
    if (typeof mediaType !== 'string' || typeof digest !== 'string' || !DIGEST.test(digest)) return [];
    const title = (annotations as Record<string, unknown> | undefined)?.[TITLE];
    return [{ mediaType, digest, title: typeof title === 'string' ? title : '' }];
  });
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
