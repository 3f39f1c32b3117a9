import { DNS_LABEL, DNS_SUBDOMAIN } from '../../crds/names.ts';
import type { Flag } from '../command.ts';
import { type KubeconfigFlags, kubeconfigFlags } from './kubeconfig-flags.ts';

/** What the commands have in common that act on one issue. */
export interface ActionFlags extends KubeconfigFlags {
  readonly namespace?: string;
  readonly comment?: string;
  readonly dryRun?: boolean;
}

export interface ActionOptions {
  readonly issue: string;
  /** Undefined: that of the context, else `default`. */
  readonly namespace: string | undefined;
  readonly comment: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Ask what would be, and change nothing. */
  readonly dryRun: boolean;
}

export const ISSUE_PARAMETER = '<issue>';

export const ACTION_FLAGS: readonly Flag[] = [
  { spelling: '-n, --namespace <namespace>', description: 'Of the issue (default: that of the context).' },
  { spelling: '--comment <text>', description: 'Why, for whoever reads the timeline of the issue.' },
  ...kubeconfigFlags('How to reach the cluster, or faultline up (default: $KUBECONFIG, ~/.kube/config).'),
  { spelling: '--dry-run', description: 'Ask the server what would be, and change nothing.' },
];

export const MAX_COMMENT = 1_024;

/** `issue.faultline.dev/x`, as `kubectl get -o name` prints it, is x. */
export function issueName(given: string): string {
  return given.replace(/^(issues?|iss)(\.faultline\.dev)?\//, '');
}

export function actionOptions([given = '']: readonly string[], flags: ActionFlags): ActionOptions {
  const { namespace, comment, kubeconfig, context, dryRun = false } = flags;
  return { issue: issueName(given), namespace, comment, kubeconfig, context, dryRun };
}

/** What is wrong with how an issue is named. */
export function issueFaults({ issue, namespace }: Pick<ActionOptions, 'issue' | 'namespace'>): string[] {
  const faults: string[] = [];
  if (!DNS_SUBDOMAIN.test(issue)) faults.push(`"${issue}" is no name of an issue: see kubectl get issues`);
  if (namespace !== undefined && !DNS_LABEL.test(namespace)) faults.push(`"${namespace}" is no namespace name`);
  return faults;
}

export function actionFaults({ issue, namespace, comment = '' }: ActionOptions): string[] {
  const faults = issueFaults({ issue, namespace });
  if (comment.length > MAX_COMMENT) faults.push(`--comment takes at most ${MAX_COMMENT} characters`);
  return faults;
}
