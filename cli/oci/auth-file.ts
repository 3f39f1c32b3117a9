import { readFile } from 'node:fs/promises';
import { Failure } from '../exit.ts';
import type { ArtifactReference } from './reference.ts';
import type { Credentials } from './registry.ts';

/** One registry by three names; docker login writes `https://index.docker.io/v1/`. */
const DOCKER_HUB = /^(index\.docker\.io|registry-1\.docker\.io)(?=\/|$)/;

/**
 * What `docker login` and `podman login` wrote, and image pull secrets hold, for this repository: that of its longest name that fits
 * (`quay.io/org` before `quay.io`). Programs that the file names are never run, so what they keep is missing; `missing` says so, for
 * a refusal: what a registry shows to everybody needs no entry. Throws a Failure for a file that is no such.
 */
export async function credentialsIn(file: string, { registry, repository }: ArtifactReference): Promise<Credentials> {
  const config = await read(file);
  const helpers = ['credsStore', 'credHelpers'].filter((name) => Object.keys(config[name] ?? {}).length > 0);
  const { auths } = config;
  const known = typeof auths === 'object' && auths !== null;
  if (!known && helpers.length === 0) throw new Failure(`${file} has no "auths": it is not what docker login writes`);
  const name = nameOf(`${registry}/${repository}`);
  const [found] = Object.entries(known ? (auths as Record<string, { auth?: unknown } | null>) : {})
    .flatMap(([key, entry]) => (isAuth(entry?.auth) ? [{ key: nameOf(key), basic: entry.auth }] : []))
    .filter(({ key }) => name === key || name.startsWith(`${key}/`))
    .sort((a, b) => b.key.length - a.key.length);
  if (found !== undefined) return { basic: found.basic };
  const why = helpers.length === 0 ? '' : `; credential helpers (${helpers.join(', ')}) are not run`;
  return { missing: `${file} has no "auth" for ${registry}${why}` };
}

async function read(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(`cannot read ${file}: ${cause.code === 'ENOENT' ? 'no such file' : cause.code}`, { cause });
  });
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? {};
  } catch {
    // Said by whoever misses what should be in it; the text holds secrets.
    return {};
  }
}

/** `https://quay.io`, `https://quay.io/v1/`, `quay.io/v2/` are `quay.io`. */
function nameOf(key: string): string {
  return key
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/^([^/]+)\/v[12]\/?$/, '$1')
    .replace(/\/$/, '')
    .replace(DOCKER_HUB, 'docker.io');
}

function isAuth(auth: unknown): auth is string {
  return typeof auth === 'string' && /^[A-Za-z0-9+/=]+$/.test(auth);
}
