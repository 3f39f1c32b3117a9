import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { oneLine } from '../../crds/text.ts';
import { Failure } from '../exit.ts';
import type { Artifact } from '../oci/artifact.ts';
import { type ArtifactReference, formatReference } from '../oci/reference.ts';

/** What konflux/task-bundles looks for; its own name of it is in controllers/konflux/task-bundles. */
const LABEL = 'faultline.dev/trusted-tasks';
const FROM = 'faultline.dev/trusted-tasks-from';
/** etcd and kube-apiserver take no more of a ConfigMap. */
const MAX_DATA = 1024 * 1024;

/** The layers that hold rule data: of the media type that conftest gives it, or by their name. */
export function isRuleData({ mediaType, title }: { readonly mediaType: string; readonly title: string }): boolean {
  return mediaType.startsWith('application/vnd.cncf.openpolicyagent.data.layer.') || /\.(ya?ml|json)$/.test(title);
}

export interface Pulled {
  readonly reference: ArtifactReference;
  readonly artifact: Artifact;
}

/** The ConfigMap that konflux/task-bundles reads, a value for each artifact. Throws a Failure for one that says nothing of tasks. */
export function configMapOf(
  pulled: readonly Pulled[],
  where: { readonly namespace: string; readonly name: string },
): object {
  const data = Object.fromEntries(pulled.map((one) => [keyOf(one.reference), JSON.stringify(trustOf(one))]));
  const bytes = Object.entries(data).reduce((sum, [key, value]) => sum + key.length + Buffer.byteLength(value), 0);
  if (bytes > MAX_DATA) {
    throw new Failure(
      `the trusted tasks are ${bytes} bytes, and a ConfigMap holds ${MAX_DATA}: write one for each artifact, with --name`,
    );
  }
  const from = pulled.map(({ reference, artifact }) => formatReference({ ...reference, digest: artifact.digest }));
  const metadata = { ...where, labels: { [LABEL]: 'true' }, annotations: { [FROM]: from.join(' ') } };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
}

/**
 * A key of a ConfigMap, which takes 253 characters and no slash: `konflux-ci.tekton-catalog.data-acceptable-bundles-8db1cbf6.json`.
 * The hash is of the registry and the repository: a/b.c and a.b/c are two, and so is a/b of two registries.
 */
function keyOf({ registry, repository }: ArtifactReference): string {
  const hash = createHash('sha256').update(`${registry}/${repository}`).digest('hex').slice(0, 8);
  return `${repository.replaceAll('/', '.').slice(0, 239)}-${hash}.json`;
}

/** Of bundles only what the controller reads: the rest would fill the ConfigMap. */
function trustOf({ reference, artifact }: Pulled): object {
  const tasks = new Map<string, object[]>();
  const deny = new Map<string, unknown[]>();
  for (const { title, text } of artifact.files) {
    const { trusted_tasks: trusted, trusted_task_rules: own } = recordOf(
      parsed(text, `${formatReference(reference)} ${oneLine(title, 200)}`),
    );
    for (const [key, list] of Object.entries(recordOf(trusted))) {
      if (!key.startsWith('oci://') || !Array.isArray(list)) continue;
      const records = list
        .map(recordOf)
        .map(({ ref, expires_on: expires }) => ({ ref, ...(expires !== undefined && { expires_on: expires }) }));
      tasks.set(key, [...(tasks.get(key) ?? []), ...records]);
    }
    for (const [group, list] of Object.entries(recordOf(recordOf(own).deny))) {
      if (Array.isArray(list)) deny.set(group, [...(deny.get(group) ?? []), ...(list as unknown[])]);
    }
  }
  if (tasks.size === 0 && deny.size === 0) {
    throw new Failure(
      `${formatReference(reference)} says of no task bundle that it is trusted: is it a data-acceptable-bundles?`,
    );
  }
  const rules = deny.size > 0 && { trusted_task_rules: { deny: Object.fromEntries(deny) } };
  return { trusted_tasks: Object.fromEntries(tasks), ...rules };
}

function parsed(text: string, what: string): unknown {
  try {
    // Dates stay text: the core schema of YAML 1.2 knows none. Aliases are for attackers here.
    return parse(text, { maxAliasCount: 0, logLevel: 'error' });
  } catch (cause) {
    const [why = ''] = String((cause as Error).message).split('\n');
    throw new Failure(`${what} is no YAML: ${oneLine(why, 300)}`, { cause });
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
