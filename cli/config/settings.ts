import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';

/** What `faultline config set-api-url` remembers of a person. */
export interface RememberedServer {
  readonly server: string;
  /** The server of the kubeconfig that counted then: only credentials for that one are sent. */
  readonly cluster?: string;
}

/** `$XDG_CONFIG_HOME/faultline/server`: the server, and in a second line its cluster. */
function fileOf(env: Streams['env']): string {
  const folder = env.XDG_CONFIG_HOME || join(env.HOME ?? '~', '.config');
  return join(folder, 'faultline', 'server');
}

/** The server that is asked instead of the kubeconfig's; undefined: that of the kubeconfig. */
export async function rememberedServer(env: Streams['env']): Promise<RememberedServer | undefined> {
  const text = await readFile(fileOf(env), 'utf8').catch(() => '');
  const [server = '', cluster = ''] = text.split('\n').map((line) => line.trim());
  if (!/^https?:\/\/./.test(server) || !URL.canParse(server)) return undefined;
  return { server, ...(cluster !== '' && { cluster }) };
}

/** Kite's URLs end in /api/v1, which is a part of what a server serves. */
export async function rememberServer(
  url: string,
  cluster: string | undefined,
  env: Streams['env'],
): Promise<{ server: string; file: string }> {
  const server = url.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
  const file = fileOf(env);
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, `${server}\n${cluster === undefined ? '' : `${cluster}\n`}`, { mode: 0o600 });
  } catch (cause) {
    throw new Failure(`cannot write ${file}: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
  return { server, file };
}

export async function forgetServer(env: Streams['env']): Promise<void> {
  await rm(fileOf(env), { force: true });
}
