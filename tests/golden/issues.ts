import type { Issue } from '../../crds/issue.ts';
import { API_VERSION } from '../../crds/names.ts';

/** The issues that both sides of the comparison serve: enough for selectors to tell apart and for pages to follow. */
export const SAMPLES: readonly Issue[] = [
  sample('a', { severity: 'major', labels: { tier: 'web', size: '7' } }),
  sample('b', { severity: 'minor', labels: { tier: 'db' } }),
  sample('c', { severity: 'minor', labels: {} }),
];

/** In a namespace of its own, so that "all namespaces" is more than one. */
export const ELSEWHERE = sample('a', { severity: 'info', labels: { tier: 'web' }, namespace: 'kube-public' });

function sample(
  name: string,
  values: { severity: Issue['spec']['severity']; labels: Record<string, string>; namespace?: string },
): Issue {
  const { severity, labels, namespace = 'default' } = values;
  const at = '2026-11-21T07:00:00Z';
  return {
    apiVersion: API_VERSION,
    kind: 'Issue',
    metadata: {
      name,
      namespace,
      uid: `00000000-0000-4000-8000-00000000000${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: at,
      ...(Object.keys(labels).length > 0 && { labels }),
    },
    spec: {
      source: 'sample',
      subject: { apiVersion: 'tekton.dev/v1', kind: 'Pipeline', namespace, name },
      key: 'run',
      type: 'build',
      severity,
      reason: 'TaskRunFailed',
      title: `build of ${name} failed`,
    },
    status: {
      state: 'Active',
      openedAt: at,
      firstSeenAt: at,
      lastSeenAt: at,
      occurrences: 1,
      reopened: 0,
      observed: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: `${name}-run`, uid: `uid-${name}` },
      conditions: [],
    },
  };
}
