import type { ClusterObject } from '../../../controllers/runtime/index.ts';
import type { Issue, Subject } from '../../../crds/issue.ts';
import { Failure } from '../../exit.ts';
import type { LogOptions } from '../../log.ts';
import { descriptionLines } from '../../reading/describe-lines.ts';
import { replayRecorded } from '../../replay/run-replay.ts';
import type { Streams } from '../../streams.ts';
import { keyOf } from '../live/follow.ts';
import { issueTable } from './issue-table.ts';
import type { Follower, Source } from './source.ts';
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

/** The issues that the configured controllers open for recorded objects, without a cluster. Throws a Failure of one line. */
export async function folderSource({ from, config, log, streams, now }: FolderSourceOptions): Promise<Source> {
  const { list, objects } = await replayRecorded({ from, config, log, namespace: undefined }, streams);
  const issues = new Map(list.items.map((issue) => [keyOf(issue.metadata), issue]));
  const table = issueTable(list.items, now());
  return {
    place: from,
    still: STILL,
    async follow(to: Follower) {
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
      const issue = issues.get(`${view.namespace}/${view.name}`);
      if (issue === undefined) throw new Failure(`there is no issue ${view.name}`);
      return await documentOf(view.kind, issue, list.items, objects, now());
    },
    groups: async () => ({
      columns: ['Name'],
      rows: [],
      remarks: ['Groups are made by a server: these are recorded objects.'],
    }),
    controllers: async () => ['These are recorded objects: no controller runs.'],
    may: async () => false,
    async act() {
      throw new Failure(STILL);
    },
    async [Symbol.asyncDispose]() {},
  };
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
