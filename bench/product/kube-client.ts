import { Pool } from 'undici';
import type { ControlPlane } from '../../tests/controlplane/control-plane.ts';

export interface Got {
  /** From sending the request to the last byte of the body. */
  readonly ms: number;
  readonly bytes: number;
}

/** Kept-alive requests to a kube-apiserver as its administrator, for timing and for creating many objects. */
export class KubeClient implements AsyncDisposable {
  readonly #pool: Pool;

  constructor(plane: ControlPlane, connections = 1) {
    const { certificatePem: cert, keyPem: key } = plane.admin;
    this.#pool = new Pool(plane.url, { connections, connect: { ca: plane.caPem, cert, key }, bodyTimeout: 60_000 });
  }

  /** Reads a body to its end without keeping it. Throws for another status than 200. */
  async time(path: string, headers: Readonly<Record<string, string>>): Promise<Got> {
    const startedAt = performance.now();
    const { statusCode, body } = await this.#pool.request({ method: 'GET', path, headers: { ...headers } });
    let bytes = 0;
    if (statusCode !== 200) throw new Error(`GET ${path}: ${statusCode} ${await body.text()}`);
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    return { ms: performance.now() - startedAt, bytes };
  }

  /** One request with JSON in and out; PATCH is a merge patch. Throws for a status of 300 and above. */
  async json<T>(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: unknown,
    accept = 'application/json',
  ): Promise<T> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await this.#pool.request({
      method,
      path,
      headers: { accept, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.statusCode >= 300)
      throw new Error(`${method} ${path}: ${answer.statusCode} ${await answer.body.text()}`);
    return (await answer.body.json()) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close();
  }
}

/** Runs `work` for each item, at most `limit` at a time. The first error ends it. */
export async function eachOf<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
