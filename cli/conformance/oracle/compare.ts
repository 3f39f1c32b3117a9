import { isDeepStrictEqual } from 'node:util';
import type { Answer, ApiClient } from '../client.ts';
import { ensure, Failed } from '../item.ts';
import { collectionPath, type Target } from '../target.ts';
import { type CorpusRequest, corpus } from './corpus.ts';
import { normalise } from './normalise.ts';

/** Whether the resource answered one request as the oracle does. */
export interface Comparison {
  readonly request: CorpusRequest;
  /** One line for each thing that differs: ours, theirs. */
  readonly differences: readonly string[];
}

/** One of the two, with the collection and an object that requests name. */
interface Side {
  readonly target: Target;
  readonly collection: string;
  readonly name: string;
}

const AT_ONCE = 6;

/** Asks both everything of the corpus (or what a test chooses), behind the same server. Rejects when one of them has no objects. */
export async function compareAll(
  api: ApiClient,
  ours: Target,
  oracle: Target,
  onCompared: (done: number, total: number) => void,
  requests: readonly CorpusRequest[] = corpus,
): Promise<Comparison[]> {
  const sides = await Promise.all([sideOf(api, ours), sideOf(api, oracle)]);
  const comparisons: Comparison[] = [];
  const waiting = [...requests.entries()];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, request] = next;
      const differences = await differencesIn(api, sides, request);
      comparisons[index] = { request, differences };
      onCompared(++done, requests.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return comparisons;
}

/** A request that one of them does not answer at all is a difference too. */
async function differencesIn(api: ApiClient, sides: readonly [Side, Side], request: CorpusRequest): Promise<string[]> {
  try {
    const [our, their] = await Promise.all([ask(api, sides[0], request), ask(api, sides[1], request)]);
    return differencesOf([our, their], [sides[0].target, sides[1].target]);
  } catch (cause) {
    if (cause instanceof Failed) return [cause.message];
    throw cause;
  }
}

async function sideOf(api: ApiClient, target: Target): Promise<Side> {
  const answer = await api.send(`${collectionPath(target, target.namespace)}?limit=1`);
  const [first] = answer.status === 200 ? (answer.json().items ?? []) : [];
  const { name, namespace } = first?.metadata ?? {};
  ensure(name, `${target.plural}.${target.group} has no object to compare with`);
  return { target, collection: collectionPath(target, namespace), name };
}

function ask(api: ApiClient, { collection, name }: Side, { path, accept }: CorpusRequest): Promise<Answer> {
  const headers = accept === undefined ? {} : { accept };
  return api.send(`${collection}${path.replaceAll('{name}', name)}`, { headers });
}

/** ETag: whether there is one; of the others what they list: kube-apiserver and the server behind it both say it. */
const HEADERS = ['content-type', 'retry-after', 'vary', 'cache-control'];

function directives(answer: Answer, header: string): string[] {
  return [
    ...new Set(
      answer
        .header(header)
        .split(',')
        .map((one) => one.trim()),
    ),
  ].sort();
}

function differencesOf(answers: readonly [Answer, Answer], targets: readonly [Target, Target]): string[] {
  const [ours, theirs] = answers;
  const differences: string[] = [];
  const differ = (what: string, our: unknown, their: unknown): void => {
    if (!isDeepStrictEqual(our, their))
      differences.push(`${what}: ${JSON.stringify(our)}, the oracle ${JSON.stringify(their)}`);
  };
  differ('status', ours.status, theirs.status);
  for (const header of HEADERS) differ(header, directives(ours, header), directives(theirs, header));
  differ('etag', ours.header('etag') !== '', theirs.header('etag') !== '');
  differ('body', normalise(ours.text, targets[0]), normalise(theirs.text, targets[1]));
  return differences;
}
