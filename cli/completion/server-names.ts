import { LABELS } from '../../crds/names.ts';
import { oneLine } from '../../crds/text.ts';
import { Asker } from '../reading/ask.ts';
import { connectToRead } from '../reading/connect.ts';
import { type ListQuery, listPages, type Page } from '../reading/issues.ts';
import type { Streams } from '../streams.ts';
import type { Candidate, Names } from './candidates.ts';
import type { TypedLine } from './words.ts';

/** Whoever pressed the tab key does not wait longer. */
const PATIENCE = '2s';
/** Names that are looked through. */
const MOST = 5_000;

/** Names as the server and the kubeconfig know them. Nobody is told why there are none: the line is being typed. */
export function serverNames(streams: Streams): Names {
  const quietly = async (look: () => Promise<Candidate[]>): Promise<Candidate[]> => {
    try {
      return await look();
    } catch {
      return [];
    }
  };
  const list = (line: TypedLine, query: Partial<ListQuery>) =>
    quietly(async () => {
      await using asker = await askerOf(line, streams);
      const namespace = valueFor(line, '--namespace') ?? asker.connection.namespace ?? 'default';
      const pages = listPages(asker, {
        ...{ namespace: given(line, '--all-namespaces') ? undefined : namespace, asOf: undefined },
        ...{ labelSelector: '', fieldSelector: '', table: true, objects: false },
        ...query,
      });
      return await namesIn(pages);
    });
  return {
    issues: (line, states) => list(line, states === 'all' ? {} : { labelSelector: `${LABELS.state}=Active` }),
    groups: (line) => list(line, { resource: 'issuegroups', namespace: undefined }),
    namespaces: (line) => quietly(() => namespacesOf(line, streams)),
    contexts: (line) => quietly(() => contextsOf(line, streams)),
  };
}

function askerOf(line: TypedLine, streams: Streams): Promise<Asker> {
  const flags = {
    ...optional('kubeconfig', valueFor(line, '--kubeconfig')),
    ...optional('context', valueFor(line, '--context')),
    ...optional('server', valueFor(line, '--server')),
    ...optional('token', valueFor(line, '--token')),
    ...optional('as', valueFor(line, '--as')),
    ...(given(line, '--insecure-skip-tls-verify') && { insecureSkipTlsVerify: true }),
    requestTimeout: PATIENCE,
  };
  return connectToRead(flags, streams).then((connection) => new Asker(connection, streams.signal));
}

function optional(key: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [key]: value };
}

function valueFor({ given: all }: TypedLine, flag: string): string | undefined {
  return all.get(flag)?.at(-1);
}

function given({ given: all }: TypedLine, flag: string): boolean {
  return all.has(flag);
}

async function namesIn(pages: AsyncGenerator<Page, string>): Promise<Candidate[]> {
  const found: Candidate[] = [];
  let title = -1;
  for await (const { columns, rows } of pages) {
    if (columns !== undefined && columns.length > 0) title = columns.findIndex(({ name }) => name === 'Title');
    for (const { cells, object } of rows) {
      found.push({ text: object.metadata.name, about: oneLine(String(cells[title] ?? ''), 80) });
    }
    if (found.length >= MOST) break;
  }
  return found;
}

const METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/** Those of the cluster; for who may not list them, and for `faultline up`, those that have issues. */
async function namespacesOf(line: TypedLine, streams: Streams): Promise<Candidate[]> {
  await using asker = await askerOf(line, streams);
  try {
    const { body } = await asker.json<{ items: { metadata: { name: string } }[] }>(`/api/v1/namespaces?limit=${MOST}`, {
      accept: METADATA,
    });
    return body.items.map(({ metadata }) => ({ text: metadata.name }));
  } catch {
    const names = new Set<string>();
    const query = { namespace: undefined, asOf: undefined, labelSelector: '', fieldSelector: '' };
    for await (const { rows } of listPages(asker, { ...query, table: true, objects: false })) {
      for (const { object } of rows) names.add(object.metadata.namespace);
      if (names.size >= MOST) break;
    }
    return [...names].sort().map((text) => ({ text }));
  }
}

async function contextsOf(line: TypedLine, streams: Streams): Promise<Candidate[]> {
  const { contextNames, kubeconfigFiles } = await import('../cluster/context-names.ts');
  const names = await contextNames(kubeconfigFiles(valueFor(line, '--kubeconfig'), streams));
  return names.map((text) => ({ text }));
}
