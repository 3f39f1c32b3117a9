import { request } from 'undici';
import { eachOf } from '../product/kube-client.ts';

/** Objects written to etcd as kube-apiserver itself writes them: through the API, thousands would take longer than what is measured. */

export interface Stored {
  /** `/registry/<group>/<plural>/<namespace>/<name>` */
  readonly key: string;
  readonly value: unknown;
}

/** Bytes of a transaction; etcd refuses more than 1.5 MiB. */
const MAX_BYTES = 700_000;
/** Operations of a transaction; etcd refuses more than 128. */
const MAX_PUTS = 100;

/** Writes all of them; each transaction is one revision, so that a list of any revision is whole. */
export async function putAll(url: string, objects: Iterable<Stored>): Promise<void> {
  let puts: { request_put: { key: string; value: string } }[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (puts.length > 0) await transaction(url, puts);
    [puts, bytes] = [[], 0];
  };
  for (const { key, value } of objects) {
    const text = base64(JSON.stringify(value));
    if (puts.length === MAX_PUTS || bytes + text.length > MAX_BYTES) await flush();
    puts.push({ request_put: { key: base64(key), value: text } });
    bytes += text.length;
  }
  await flush();
}

/**
 * As `putAll`, one revision an object, as kube-apiserver writes: a watch that is cut within a revision resumes behind it, and
 * would miss the rest.
 */
export async function putEach(url: string, objects: readonly Stored[]): Promise<void> {
  await eachOf(objects, 16, ({ key, value }) =>
    post(`${url}/v3/kv/put`, { key: base64(key), value: base64(JSON.stringify(value)) }),
  );
}

export function runKey(namespace: string, name: string): string {
  return `/registry/tekton.dev/pipelineruns/${namespace}/${name}`;
}

/** Everything below a prefix. */
export async function deleteAll(url: string, prefix: string): Promise<void> {
  // As etcdctl --prefix: up to the prefix with its last byte one higher.
  const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  await post(`${url}/v3/kv/deleterange`, { key: base64(prefix), range_end: base64(end) });
}

async function transaction(url: string, success: unknown): Promise<void> {
  await post(`${url}/v3/kv/txn`, { success });
}

async function post(url: string, body: unknown): Promise<void> {
  // Half of what fetch costs: who writes shares the cores with what is measured.
  const answer = await request(url, { method: 'POST', body: JSON.stringify(body) });
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${await answer.body.text()}`);
  await answer.body.dump();
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
