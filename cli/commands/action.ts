import { DNS_LABEL, DNS_SUBDOMAIN } from '../../crds/names.ts';
import type { Flag } from '../command.ts';
import { type ConnectionFlags, connectionFaults, connectionFlags, connectionOf } from './kubeconfig-flags.ts';

/** What the commands have in common that act on issues. */
export interface ActionFlags extends ConnectionFlags {
  readonly namespace?: string;
  readonly comment?: string;
  readonly reason?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly id?: readonly string[];
}

export interface ActionOptions extends ConnectionFlags {
  /** At least one; several take a yes. */
  readonly issues: readonly string[];
  /** They were given with --id, and may be ids of Kite's interface. */
  readonly byId: boolean;
  /** Undefined: that of the context, else `default`. */
  readonly namespace: string | undefined;
  readonly comment: string | undefined;
  /** `--comment` and `--reason` were both given. */
  readonly saidTwice: boolean;
  /** Ask what would be, and change nothing. */
  readonly dryRun: boolean;
  /** Do it without asking. */
  readonly yes: boolean;
}

export const ISSUE_PARAMETER = '<issue>';
export const ISSUES_PARAMETER = '[issues...]';

export const ACTION_FLAGS: readonly Flag[] = [
  { spelling: '-n, --namespace <namespace>', description: 'Of the issue (default: that of the context).' },
  { spelling: '--reason <text>', description: 'Why, for whoever reads the timeline of the issue.' },
  { spelling: '--comment <text>', description: 'The same as --reason.' },
  { spelling: '-y, --yes', description: 'Do it to several issues without asking.' },
  { spelling: '--dry-run', description: 'Ask the server what would be, and change nothing.' },
  { spelling: '-i, --id <issue>', description: 'An issue, in the words of Kite: its name or its id.', repeated: true },
  ...connectionFlags('How to reach the cluster, or faultline up (default: $KUBECONFIG, ~/.kube/config).'),
];

export const MAX_COMMENT = 1_024;

/** `issue.faultline.dev/x`, as `kubectl get -o name` prints it, is x. */
export function issueName(given: string): string {
  return given.replace(/^(issues?|iss)(\.faultline\.dev)?\//, '');
}

export function actionOptions(given: readonly string[], flags: ActionFlags): ActionOptions {
  const { namespace, comment, reason, dryRun = false, yes = false, id = [] } = flags;
  return {
    ...connectionOf(flags),
    issues: [...new Set([...given, ...id].map(issueName))],
    ...{ byId: id.length > 0, namespace, dryRun, yes },
    comment: reason ?? comment,
    saidTwice: reason !== undefined && comment !== undefined,
  };
}

/** What is wrong with how an issue is named. */
export function issueFaults({ issue, namespace }: { readonly issue: string; readonly namespace?: string | undefined }) {
  const faults: string[] = [];
  if (!DNS_SUBDOMAIN.test(issue)) faults.push(`"${issue}" is no name of an issue: see kubectl get issues`);
  if (namespace !== undefined && !DNS_LABEL.test(namespace)) faults.push(`"${namespace}" is no namespace name`);
  return faults;
}

export function actionFaults(options: ActionOptions): string[] {
  const { issues, namespace, comment = '', saidTwice } = options;
  return [
    ...(issues.length === 0 ? ['name at least one issue: see faultline get'] : []),
    ...issues.flatMap((issue) => issueFaults({ issue })),
    ...(namespace !== undefined && !DNS_LABEL.test(namespace) ? [`"${namespace}" is no namespace name`] : []),
    ...(saidTwice ? ['--reason and --comment are the same: give one'] : []),
    ...(comment.length > MAX_COMMENT ? [`a comment takes at most ${MAX_COMMENT} characters`] : []),
    ...connectionFaults(options),
  ];
}
