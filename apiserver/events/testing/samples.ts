import type { Issue } from '../../../crds/issue.ts';
import type { IssueTransition, TransitionKind } from '../../store/issue-transitions.ts';

export const NOW = Date.parse('2026-11-21T10:00:00Z');
export const CONTEXT = { instance: 'pod-1', clusterScopedNamespace: 'faultline-system' };

export interface IssueChanges {
  readonly namespace?: string;
  readonly subject?: Partial<Issue['spec']['subject']>;
  readonly spec?: Partial<Issue['spec']>;
  readonly status?: Partial<Issue['status']>;
}

export function sampleIssue({ namespace = 'shop', subject, spec, status }: IssueChanges = {}): Issue {
  return {
    apiVersion: 'faultline.dev/v1alpha1',
    kind: 'Issue',
    metadata: {
      ...{ name: 'component-payments-abcdefgh', namespace, uid: 'issue-uid', resourceVersion: '1' },
      ...{ creationTimestamp: '2026-11-21T09:59:00Z', generation: 1, labels: {} },
    },
    spec: {
      source: 'tekton-pipelinerun',
      subject: {
        apiVersion: 'appstudio.redhat.com/v1alpha1',
        kind: 'Component',
        namespace,
        name: 'payments',
        ...subject,
      },
      ...{
        key: 'run',
        type: 'build',
        severity: 'major',
        reason: 'TaskRunFailed',
        title: 'The build of payments failed',
      },
      ...spec,
    },
    status: {
      state: 'Active',
      ...{ openedAt: '2026-11-21T09:59:00Z', firstSeenAt: '2026-11-21T09:59:00Z', lastSeenAt: '2026-11-21T09:59:00Z' },
      ...{ occurrences: 1, reopened: 0, conditions: [] },
      observed: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'payments-x7k2p', uid: 'run-uid' },
      ...status,
    },
  };
}

let changes = 0x1000;

/** A transition that happened at `NOW`, with a number of its own. */
export function sampleTransition(kind: TransitionKind, changed: IssueChanges = {}, at = NOW): IssueTransition {
  changes += 1;
  return { kind, change: changes, at, issue: sampleIssue(changed) };
}
