import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ClusterObject } from '../../../controllers/runtime/index.ts';
import type { Issue, Subject } from '../../../crds/issue.ts';
import { Failure } from '../../exit.ts';
import type { LogOptions } from '../../log.ts';
import { descriptionLines } from '../../reading/describe-lines.ts';
import type { Replayed } from '../../replay/run-replay.ts';
import type { Streams } from '../../streams.ts';
import { keyOf } from '../live/follow.ts';
import type { Follower, Listed, Source } from './source.ts';
import { yamlLines } from './yaml-lines.ts';

export interface FolderSourceOptions {
  /** A folder or a file of recorded objects: a must-gather, a bundle. */
  readonly from: string;
  readonly config: string | undefined;
  readonly log: LogOptions;
  readonly streams: Streams;
  /** ms since 1970. */
  now(): number;
}

const STILL = 'these are recorded objects: nothing can be done to their issues';

/**
 * The issues that the configured controllers open for recorded objects, without a cluster. They are read when they are
 * followed: that takes seconds, and the screen is there meanwhile. Throws a Failure of one line, as following does.
 */
export async function folderSource(options: FolderSourceOptions): Promise<Source> {
  const { from, streams, now } = options;
  await stat(resolve(streams.directory, from)).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOENT' ? 'no such file or folder' : cause.code;
    throw new Failure(`cannot read ${from}: ${reason}`, { cause });
  });
  const stop = new AbortController();
  let reading: Promise<Read> | undefined;
  const read = (): Promise<Read> => {
    reading ??= readFolder(options, stop.signal);
    return reading;
  };
  return {
    place: from,
    still: STILL,
    async follow(to: Follower, _namespace, signal) {
      to.connection({ kind: 'loading', rows: 0, of: undefined });
      const { table, issues } = await read();
      if (signal.aborted) return;
      to.columns(table.columns);
      to.rows(table.rows, []);
      to.synced(new Set(issues.keys()));
      to.connection({ kind: 'still' });
    },
    async past() {
      throw new Failure('recorded objects say nothing of other times');
    },
    async document(view) {
      if (view.kind === 'group') throw new Failure('groups are made by a server');
      const { issues, list, objects } = await read();
      const issue = issues.get(`${view.namespace}/${view.name}`);
      if (issue === undefined) throw new Failure(`there is no issue ${view.name}`);
      return await documentOf(view.kind, issue, list.items, objects, now());
    },
    groups: async () => ({
      columns: ['Name'],
      rows: [],
      remarks: ['Groups are made by a server: these are recorded objects.'],
    }),
    async members() {
      throw new Failure('groups are made by a server');
    },
    controllers: async () => ['These are recorded objects: no controller runs.'],
    may: async () => false,
    async act() {
      throw new Failure(STILL);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
    },
  };
}

interface Read extends Replayed {
  readonly issues: ReadonlyMap<string, Issue>;
  readonly table: Listed;
}

async function readFolder({ from, config, log, streams, now }: FolderSourceOptions, stop: AbortSignal): Promise<Read> {
  // Lazily: controllers and a store are large, and the screen is drawn before.
  const [{ replayRecorded }, { issueTable }] = await Promise.all([
    import('../../replay/run-replay.ts'),
    import('./issue-table.ts'),
  ]);
  // The screen is taken: no progress bar is drawn over it.
  const err = { write() {}, isTTY: false, columns: streams.err.columns };
  const quiet = { ...streams, err, signal: AbortSignal.any([streams.signal, stop]) };
  const replayed = await replayRecorded({ from, config, log, namespace: undefined }, quiet);
  const issues = new Map(replayed.list.items.map((issue) => [keyOf(issue.metadata), issue]));
  return { ...replayed, issues, table: issueTable(replayed.list.items, now()) };
}

async function documentOf(
  kind: 'issue' | 'evidence' | 'subject' | 'ledger',
  issue: Issue,
  issues: readonly Issue[],
  objects: readonly ClusterObject[],
  now: number,
): Promise<readonly string[]> {
  switch (kind) {
    case 'issue':
      return descriptionLines({ issue, asOf: undefined, others: othersOf(issue, issues) }, now);
    case 'evidence':
      return ['Evidence is kept by a server: these are recorded objects. e shows the object.'];
    case 'ledger':
      return ['No controller runs: these are recorded objects.'];
    case 'subject': {
      const { subject } = issue.spec;
      const { observed } = issue.status;
      const found =
        objectOf(objects, subject, issue.metadata.namespace) ??
        (observed && objectOf(objects, observed, issue.metadata.namespace));
      if (found === undefined) throw new Failure(`${subject.kind} ${subject.name} is not among the recorded objects`);
      return await yamlLines(found);
    }
    default:
      return kind satisfies never;
  }
}

function objectOf(
  objects: readonly ClusterObject[],
  { kind, name }: Pick<Subject, 'kind' | 'name'>,
  namespace: string,
): ClusterObject | undefined {
  return objects.find(
    (each) => each.kind === kind && each.metadata.name === name && (each.metadata.namespace ?? namespace) === namespace,
  );
}

const MOST = 10;

function othersOf({ metadata, spec }: Issue, issues: readonly Issue[]) {
  const others = issues.filter(
    (each) =>
      each.metadata.namespace === metadata.namespace &&
      each.spec.subject.name === spec.subject.name &&
      each.metadata.name !== metadata.name,
  );
  return {
    owner: `subject ${spec.subject.name}`,
    issues: others.slice(0, MOST),
    more: Math.max(0, others.length - MOST),
  };
}
