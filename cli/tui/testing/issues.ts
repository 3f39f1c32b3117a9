import { ISSUE_COLUMNS } from '../../../apiserver/resources/issues.ts';
import type { Issue } from '../../../crds/issue.ts';
import type { Severity } from '../../../crds/issue-words.ts';
import type { Row as TableRow } from '../../reading/issues.ts';
import { type Row, RowMaker } from '../rows/row.ts';
import { issueTable } from '../source/issue-table.ts';

/** What a test says of an issue; the rest is made up. */
export interface Given {
  readonly name: string;
  readonly namespace?: string;
  readonly severity?: Severity;
  readonly title?: string;
  readonly state?: 'Active' | 'Resolved';
  readonly type?: string;
  readonly reason?: string;
  readonly group?: string;
  readonly application?: string;
  readonly openedAt?: string;
  readonly acknowledged?: boolean;
  readonly snoozedUntil?: string;
  readonly link?: string;
}

/** 2026-11-21T09:00:00Z: what tests call now. */
export const NOW = Date.UTC(2026, 10, 21, 9);
const OPENED = '2026-11-21T08:00:00Z';

export function issueOf(given: Given): Issue {
  const {
    name,
    namespace = 'shop',
    severity = 'major',
    title = `${name} fails`,
    state = 'Active',
    type = 'build',
  } = given;
  const {
    reason = 'TaskRunFailed',
    openedAt = OPENED,
    acknowledged = false,
    snoozedUntil,
    group,
    link,
    application,
  } = given;
  return {
    ...{ apiVersion: 'faultline.dev/v1alpha1', kind: 'Issue' },
    metadata: {
      ...{ name, namespace, uid: `uid-${name}`, resourceVersion: '1', generation: 1, creationTimestamp: openedAt },
      labels: { ...(application !== undefined && { 'faultline.dev/application': application }) },
    },
    spec: {
      source: 'tekton-pipelinerun',
      subject: {
        apiVersion: 'appstudio.redhat.com/v1alpha1',
        kind: 'Component',
        namespace,
        name: name.replace(/-\w{8}$/, ''),
      },
      ...{ key: 'run', type, severity, reason, title },
      ...(group !== undefined && { group }),
      ...(link !== undefined && { links: [{ rel: 'log' as const, title: 'Log', url: link }] }),
    },
    status: {
      ...{ state, openedAt, firstSeenAt: openedAt, lastSeenAt: openedAt, occurrences: 1, reopened: 0, conditions: [] },
      ...(state === 'Resolved' && { resolvedAt: '2026-11-21T08:30:00Z', resolvedReason: 'Recovered' as const }),
      ...(acknowledged && { acknowledged: { by: 'ann', at: openedAt } }),
      ...(snoozedUntil !== undefined && { snoozedUntil }),
    },
  } as Issue;
}

export function tableRowsOf(given: readonly Given[]): readonly TableRow[] {
  return issueTable(given.map(issueOf), NOW).rows;
}

export function rowOf(given: Given): Row {
  return new RowMaker().make(tableRowsOf([given])[0] as TableRow);
}

export const COLUMNS = ISSUE_COLUMNS.map(({ name, priority = 0 }) => ({ name, priority }));

/** A morning of a few teams. */
export const MORNING: readonly Given[] = [
  {
    ...{ name: 'component-payments-mfrggzdf', namespace: 'checkout', severity: 'critical', group: 'CVE-2026-1234' },
    ...{
      title: 'payments: build fails: unit tests, exit code 1',
      openedAt: '2026-11-21T08:48:00Z',
      application: 'shop',
    },
    link: 'https://console.example/checkout/payments',
  },
  {
    ...{
      name: 'component-cart-kvqxa3lm',
      namespace: 'checkout',
      severity: 'major',
      application: 'shop',
      acknowledged: true,
    },
    ...{
      title: 'cart: the image is not signed',
      type: 'security',
      openedAt: '2026-11-20T21:00:00Z',
      reason: 'Unsigned',
    },
  },
  {
    ...{ name: 'release-nightly-o5ux2lba', namespace: 'platform', severity: 'critical', type: 'release' },
    ...{ title: 'nightly: the release pipeline timed out', openedAt: '2026-11-21T03:12:00Z', reason: 'Timeout' },
  },
  {
    ...{ name: 'deployment-search-pq7rt2aa', namespace: 'search', severity: 'minor', type: 'workload' },
    ...{ title: 'search: 1 of 3 Pods is not ready — ImagePullBackOff «büro»', openedAt: '2026-11-19T09:00:00Z' },
    reason: 'ImagePullBackOff',
  },
  {
    ...{
      name: 'component-docs-zzyk4r2n',
      namespace: 'docs',
      severity: 'info',
      title: 'docs: 日本語 link check',
      type: 'test',
    },
    openedAt: '2026-10-12T09:00:00Z',
  },
  { name: 'component-old-abcdefgh', namespace: 'docs', state: 'Resolved', title: 'old: was broken' },
];
