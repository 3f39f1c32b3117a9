import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createEngine, localNamespaces, trustedAccess } from '../../apiserver/ingest/index.ts';
import { ISSUE_COLUMNS } from '../../apiserver/resources/issues.ts';
import { openStore } from '../../apiserver/store/open-store.ts';
import type { Store } from '../../apiserver/store/store.ts';
import {
  type ClusterObject,
  createPlugins,
  type RecordedSummary,
  readRecorded,
  replay,
} from '../../controllers/runtime/index.ts';
import type { Issue, IssueList } from '../../crds/issue.ts';
import { oneLine } from '../../crds/text.ts';
import type { ReplayOptions } from '../commands/replay.ts';
import { type Configured, configure } from '../configuration/controllers.ts';
import { EXIT, Failure } from '../exit.ts';
import { createLog, type Log } from '../log.ts';
import { issueList, printIssues } from '../printers/issues.ts';
import { createProgress, type Progress } from '../progress.ts';
import type { Streams } from '../streams.ts';
import { engineSink } from './engine-sink.ts';

// Nobody else reads this store; the id only makes namespaces' uids the same from run to run.
const CLUSTER_ID = 'replay';

/** `faultline replay`: the configured controllers and the real engine over recorded objects, in memory. */
export async function runReplay(options: ReplayOptions, streams: Streams): Promise<number> {
  const { list, faults } = await replayRecorded(options, streams);
  for (const fault of faults) streams.err.write(`warning: ${fault}\n`);
  print(list, options, streams);
  const isFound = list.items.some(({ status }) => status.state === 'Active');
  return options.exitCode && isFound ? EXIT.found : EXIT.ok;
}

export interface Replayed {
  readonly list: IssueList;
  readonly objects: readonly ClusterObject[];
  /** What could not be read, one line each. */
  readonly faults: readonly string[];
}

/** What is recorded, and the issues that it opens. Throws a Failure of one line when nothing can be read. */
export async function replayRecorded(options: ReplayedOptions, streams: Streams): Promise<Replayed> {
  const log = createLog(options.log, streams.err, streams.env);
  await using plugins = createPlugins({ logger: log });
  const configured = await configure(options.config, streams, undefined, plugins);
  using progress = createProgress(streams.err, streams.env, Date.now);
  // Both take about a second: at the same time.
  const opening = openStore({ database: { embedded: 'memory' }, clusterId: CLUSTER_ID });
  opening.catch(() => {});
  const { objects, summary } = await readObjects(options, streams, progress);
  await using store = await opening;
  await decide(objects, { configured, store, log, streams, progress, options });
  const list = await listIssues(store, options.namespace);
  return { list, objects, faults: summary.faults.map(faultLine) };
}

type ReplayedOptions = Pick<ReplayOptions, 'from' | 'config' | 'namespace' | 'log'>;

interface Recorded {
  readonly objects: readonly ClusterObject[];
  readonly summary: RecordedSummary;
}

// A must-gather arrives as one; read as YAML it would be a riddle.
const ARCHIVE = /\.(tar|tar\.\w+|tgz|zip)$/;

async function readObjects(options: ReplayedOptions, streams: Streams, progress: Progress): Promise<Recorded> {
  if (ARCHIVE.test(options.from) && !(await isFolder(resolve(streams.directory, options.from)))) {
    throw new Failure(`${options.from} is an archive: unpack it, and name the folder`);
  }
  const objects: ClusterObject[] = [];
  const from = options.from === '-' ? streams.in : resolve(streams.directory, options.from);
  const summary = await readRecorded(from, {
    onObject: (object) => objects.push(object),
    onProgress: ({ filesDone, files }) => progress.update('reading', filesDone, files),
    signal: streams.signal,
  }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === undefined) throw cause;
    const reason = cause.code === 'ENOENT' ? 'no such file or folder' : cause.code;
    throw new Failure(`cannot read ${options.from}: ${reason}`, { cause });
  });
  if (objects.length === 0) {
    const { faults, files, lists, skipped } = summary;
    const [fault] = faults;
    if (fault !== undefined) throw new Failure(faultLine(fault));
    // An empty List is an answer: there are no such objects.
    if (lists === 0) {
      const counts = `${files} ${files === 1 ? 'file' : 'files'}, ${skipped} other documents`;
      throw new Failure(`${options.from} holds no Kubernetes object (${counts})`);
    }
  }
  return { objects, summary };
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

interface Deciding {
  readonly configured: Configured;
  readonly store: Store;
  readonly log: Log;
  readonly streams: Streams;
  readonly progress: Progress;
  readonly options: ReplayedOptions;
}

async function decide(objects: readonly ClusterObject[], { configured, store, log, ...rest }: Deciding): Promise<void> {
  const { configuration, controllers } = configured;
  const { clusterScopedNamespace } = configuration.issues;
  await using engine = createEngine({
    store,
    namespaces: localNamespaces(CLUSTER_ID),
    access: trustedAccess,
    // What is recorded is never too old (design.md "Age").
    retention: Number.POSITIVE_INFINITY,
    clusterScopedNamespace,
  });
  const { controllers: statuses } = await replay({
    controllers,
    objects,
    sink: engineSink(engine, { name: 'faultline-replay', groups: [] }),
    namespaces: rest.options.namespace === undefined ? configuration.namespaces : [rest.options.namespace],
    clusterScopedNamespace,
    logger: log,
    onProgress: (done, total) => rest.progress.update('deciding', done, total),
    signal: rest.streams.signal,
  });
  for (const { name, counts } of statuses) {
    if (counts.errors > 0 || counts.refused > 0)
      log.warn({ controller: name, ...counts }, 'some objects got no verdict');
  }
}

async function listIssues(store: Store, namespace: string | undefined): Promise<IssueList> {
  const { objects, resourceVersion } = await store.changes('issues').snapshot();
  const issues = objects as Issue[];
  return issueList(
    namespace === undefined ? issues : issues.filter(({ metadata }) => metadata.namespace === namespace),
    String(resourceVersion),
  );
}

// A parser's message goes on with an excerpt of the file, which may be anything: the first line says what and where.
function faultLine({ path, message }: RecordedSummary['faults'][number]): string {
  const [what = ''] = message.split('\n', 1);
  return oneLine(`${path}: ${what.replace(/:$/, '')}`, 500);
}

function print(list: IssueList, options: ReplayOptions, streams: Streams): void {
  const { output, namespace } = options;
  if (list.items.length === 0 && (output === 'table' || output === 'wide')) {
    streams.err.write('No issues found.\n');
    return;
  }
  const withNamespace = namespace === undefined;
  streams.out.write(printIssues(list, { output, columns: ISSUE_COLUMNS, withNamespace, now: Date.now() }));
}
