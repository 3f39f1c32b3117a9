import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Streams } from '../streams.ts';

/** The files that a kubeconfig is read from, as kubectl finds them. */
export function kubeconfigFiles(kubeconfig: string | undefined, { env, directory }: Streams): string[] {
  const named = kubeconfig ?? (env.KUBECONFIG || join(env.HOME ?? '~', '.kube', 'config'));
  return named.split(':').map((file) => resolve(directory, file));
}

/** Names of the contexts, in their order. What is no kubeconfig has none. Rejects for what is no YAML. */
export async function contextNames(files: readonly string[]): Promise<string[]> {
  const { parse } = await import('yaml');
  const names = new Set<string>();
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const { contexts } = (parse(text) ?? {}) as { contexts?: readonly { readonly name: string }[] | null };
    for (const { name } of contexts ?? []) names.add(name);
  }
  return [...names];
}
