import { readFile } from 'node:fs/promises';
import { Failure } from '../exit.ts';
import type { ArtifactReference } from './reference.ts';

/**
 * What `docker login` and `podman login` wrote, and image pull secrets hold, for this repository: `user:password` in base64 of its
 * longest name that fits (`quay.io/org` before `quay.io`). Undefined when there is none. Throws a Failure for a file that is no such.
 */
export async function basicOf(file: string, { registry, repository }: ArtifactReference): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(`cannot read ${file}: ${cause.code === 'ENOENT' ? 'no such file' : cause.code}`, { cause });
  });
  let auths: unknown;
  try {
    ({ auths } = JSON.parse(text) as { auths?: unknown });
  } catch {
    // Said below; the text holds secrets.
  }
  if (typeof auths !== 'object' || auths === null)
    throw new Failure(`${file} has no "auths": it is not what docker login writes`);
  const name = `${registry}/${repository}`;
  const [found] = Object.entries(auths as Record<string, { auth?: unknown } | null>)
    .filter(([key]) => name === key || name.startsWith(`${key}/`))
    .sort(([a], [b]) => b.length - a.length);
  const auth = found?.[1]?.auth;
  return typeof auth === 'string' && /^[A-Za-z0-9+/=]+$/.test(auth) ? auth : undefined;
}
