import { basename } from 'node:path';
import {
  type ClusterObject,
  createKubeClient,
  createLiveSource,
  readRecorded,
  silentLogger,
} from '../../controllers/runtime/index.ts';
import { selectorText } from '../../crds/issue-rule.ts';
import { oneLine } from '../../crds/text.ts';
import { chooseCluster } from '../cluster/choose.ts';
import type { RuleOptions } from '../commands/rule.ts';
import { Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';
import type { RuleFile } from './read-rule.ts';

/** The objects that a rule is tried on: those of files and folders, or those of a live cluster that it would watch. */
export async function objectsFor(
  file: RuleFile,
  options: RuleOptions,
  streams: Streams,
): Promise<readonly ClusterObject[]> {
  return options.cluster ? await fromCluster(file, options, streams) : await fromFiles(options.files, streams);
}

async function fromFiles(files: readonly string[], streams: Streams): Promise<ClusterObject[]> {
  const objects: ClusterObject[] = [];
  for (const file of files) {
    const { faults } = await readRecorded(file === '-' ? streams.in : file, {
      onObject: (object) => objects.push(object),
      signal: streams.signal,
    }).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === undefined) throw cause;
      throw new Failure(`cannot read ${file}: ${cause.code === 'ENOENT' ? 'no such file or folder' : cause.code}`, {
        cause,
      });
    });
    for (const { path, message } of faults) {
      const [what = ''] = message.split('\n', 1);
      streams.err.write(`warning: ${oneLine(`${basename(path)}: ${what}`, 500)}\n`);
    }
  }
  return objects;
}

/** One list, by the reflector that the controllers use; a Failure when it cannot be had. */
async function fromCluster(
  { rule }: RuleFile,
  { kubeconfig, context, namespace }: RuleOptions,
  streams: Streams,
): Promise<ClusterObject[]> {
  const chosen = await chooseCluster({ cluster: true, kubeconfig, context }, undefined, streams);
  if (chosen.kind !== 'live') throw new Failure('there is no live cluster');
  await using client = createKubeClient(chosen.connection);
  const source = createLiveSource({ client, logger: silentLogger });
  const only = rule.namespace ?? namespace;
  const labelSelector = selectorText(rule.watches.selector);
  const request = {
    apiVersions: [rule.watches.apiVersion, ...(rule.watches.otherVersions ?? [])],
    kind: rule.watches.kind,
    ...(only === undefined ? {} : { namespace: only }),
    ...(labelSelector === '' ? {} : { labelSelector }),
  };
  const ending = new AbortController();
  const found = new Map<string, ClusterObject>();
  const take = (object: ClusterObject): void =>
    void found.set(`${object.metadata.namespace ?? ''}/${object.metadata.name}`, object);
  try {
    for await (const event of source.watch(request, AbortSignal.any([streams.signal, ending.signal]))) {
      if (event.type === 'listing') found.clear();
      else if (event.type === 'listed') event.objects.forEach(take);
      else if (event.type === 'applied') take(event.object);
      else if (event.type === 'waiting') throw new Failure(event.fault.message);
      else if (event.type === 'synced') break;
    }
  } finally {
    ending.abort();
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}
