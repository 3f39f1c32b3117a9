import { fields, identifier, records, text } from '../../index.ts';
import { parameter } from '../../pipelines/subjects.ts';

/** A task of a pipeline that comes from a bundle: `quay.io/org/task-init:0.2@sha256:…`. */
export interface TaskBundle {
  /** The name in the pipeline. */
  readonly name: string;
  /** The task in the bundle. */
  readonly task: string;
  /** As policies write it: `oci://quay.io/org/task-init:0.2`. */
  readonly key: string;
  /** The key without its tag. */
  readonly repository: string;
  readonly tag: string | undefined;
  /** `sha256:…`; undefined when the reference is not pinned. */
  readonly digest: string | undefined;
}

const MAX_TASKS = 200;

/** The bundles of a run, from its own pipeline, else from what Tekton resolved. */
export function taskBundles(run: unknown): readonly TaskBundle[] {
  const { spec, status } = fields(run);
  const own = fields(fields(spec).pipelineSpec);
  const resolved = fields(fields(status).pipelineSpec);
  const pipeline = records(own.tasks).length > 0 ? own : resolved;
  return [...records(pipeline.tasks), ...records(pipeline.finally)].slice(0, MAX_TASKS).flatMap((task) => {
    const { resolver, params, bundle, name } = fields(task.taskRef);
    const reference = resolver === 'bundles' ? parameter(params, 'bundle') : bundle;
    const taskName = identifier(parameter(params, 'name')) ?? identifier(name);
    return parsed(identifier(task.name), taskName, text(reference));
  });
}

function parsed(name: string | undefined, task: string | undefined, reference: string | undefined): TaskBundle[] {
  const match = /^((?:[^\s@:/]+(?::\d+)?\/)?[^\s@:]+)(?::([\w][-.\w]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
    reference?.replace(/^oci:\/\//, '').slice(0, 512) ?? '',
  );
  if (match?.[1] === undefined) return [];
  const [, path, tag, digest] = match;
  const repository = `oci://${path}`;
  // The task is usually called as its bundle, without the prefix.
  const fallback =
    (path as string)
      .split('/')
      .at(-1)
      ?.replace(/^task-/, '') ?? '';
  return [
    {
      name: name ?? task ?? fallback,
      task: task ?? fallback,
      key: tag === undefined ? repository : `${repository}:${tag}`,
      repository,
      tag,
      digest,
    },
  ];
}

/** Compares versions such as 0.2, v1.10 and 1.2.3; undefined when one of them is none. */
export function compareVersions(a: string | undefined, b: string | undefined): number | undefined {
  const [left, right] = [versionOf(a), versionOf(b)];
  if (left === undefined || right === undefined) return undefined;
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function versionOf(version: string | undefined): readonly number[] | undefined {
  const match = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?$/.exec(version ?? '');
  return match === null ? undefined : match.slice(1).map((part) => Number(part ?? 0));
}
