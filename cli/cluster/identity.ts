import { readFile, writeFile } from 'node:fs/promises';
import { type Clock, pause } from '../../controllers/runtime/clock.ts';
import type { KubeClient } from '../../controllers/runtime/kube-client.ts';
import { oneLine } from '../../crds/text.ts';
import { Failure } from '../exit.ts';

/**
 * Which cluster this is: the uid of its namespace kube-system, the one thing that is made once in a cluster's life. It
 * is remembered beside the state, so that what is stored can be served while the cluster is away.
 */
export interface RememberedCluster {
  readonly id: string;
  readonly server: string;
}

export async function recallCluster(file: string): Promise<RememberedCluster | undefined> {
  try {
    const { id, server } = JSON.parse(await readFile(file, 'utf8')) as Partial<RememberedCluster>;
    return typeof id === 'string' && typeof server === 'string' ? { id, server } : undefined;
  } catch {
    // Missing or damaged: the cluster itself is asked again.
    return undefined;
  }
}

export async function rememberCluster(file: string, cluster: RememberedCluster): Promise<void> {
  await writeFile(file, `${JSON.stringify(cluster)}\n`, { mode: 0o600 });
}

export interface IdentityOptions {
  readonly client: KubeClient;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Told once per distinct cause, in one line with the host. */
  onFault(message: string): void;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** Asks until the cluster answers; undefined when the signal aborts before. A refusal (401, 403) is a Failure. */
export async function askClusterId(options: IdentityOptions): Promise<string | undefined> {
  const { client, signal, clock, random } = options;
  let told = '';
  for (let delay = FIRST_PAUSE_MS; !signal.aborted; delay = Math.min(delay * 2, LONGEST_PAUSE_MS)) {
    const answer = await ask(client, signal);
    if (answer.outcome === 'known') return answer.id;
    if (signal.aborted) break;
    if (answer.outcome === 'refused') throw new Failure(answer.message);
    if (answer.message !== told) options.onFault(answer.message);
    told = answer.message;
    await pause(clock, delay * (0.75 + random() / 2), signal);
  }
  return undefined;
}

type Answer =
  | { readonly outcome: 'known'; readonly id: string }
  | { readonly outcome: 'refused' | 'away'; readonly message: string };

async function ask(client: KubeClient, signal: AbortSignal): Promise<Answer> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
  try {
    const response = await client.request('/api/v1/namespaces/kube-system', { signal: deadline });
    const text = await response.text();
    if (response.status === 401 || response.status === 403) {
      const why = response.status === 401 ? 'does not know who you are' : 'does not let you read namespace kube-system';
      return { outcome: 'refused', message: `${client.server} ${why} (${response.status}): ${messageOf(text)}` };
    }
    const uid = response.status === 200 ? uidOf(text) : undefined;
    if (uid !== undefined) return { outcome: 'known', id: uid };
    return { outcome: 'away', message: `${client.server} answered ${response.status}: ${messageOf(text)}` };
  } catch (error) {
    return { outcome: 'away', message: `cannot reach ${client.server}: ${causeOf(error)}` };
  }
}

function uidOf(text: string): string | undefined {
  const { metadata } = JSON.parse(text) as { metadata?: { uid?: unknown } };
  return typeof metadata?.uid === 'string' ? metadata.uid : undefined;
}

function messageOf(text: string): string {
  try {
    return oneLine(String((JSON.parse(text) as { message?: unknown }).message), 200);
  } catch {
    return oneLine(text, 200);
  }
}

/** Fetch errors hide their cause one or two levels down, and an AggregateError has only a code. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error), 200);
  if (error.name === 'TimeoutError') return `no answer within ${REQUEST_TIMEOUT_MS / 1_000} s`;
  if (error.cause instanceof Error) return causeOf(error.cause);
  return oneLine(error.message || String((error as NodeJS.ErrnoException).code), 200);
}
