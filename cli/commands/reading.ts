import { parseDuration } from '../../crds/duration.ts';
import { DNS_LABEL, DNS_SUBDOMAIN } from '../../crds/names.ts';
import type { Flag } from '../command.ts';
import { issueName } from './action.ts';
import { type ConnectionFlags, connectionFaults, connectionFlags } from './kubeconfig-flags.ts';

/** What the commands have in common that read issues. */
export interface ReadingFlags extends ConnectionFlags {
  readonly namespace?: string;
  readonly asOf?: string;
}

export interface ReadingOptions extends ConnectionFlags {
  /** Undefined: that of the context, else `default`. */
  readonly namespace: string | undefined;
  /** A duration for so long ago, or an RFC 3339 time; undefined: now. */
  readonly asOf: string | undefined;
}

export const NAMESPACE_FLAG: Flag = {
  spelling: '-n, --namespace <namespace>',
  description: 'Of the issues (default: that of the context).',
};
export const AS_OF_FLAG: Flag = {
  spelling: '--as-of <moment>',
  description: 'How it was then: a duration for so long ago, such as 2h, or a time such as 2026-11-21T03:00:00Z.',
};
/** Of commands that look at what is: who gives it is told so. */
export const NO_PAST_FLAG: Flag = { ...AS_OF_FLAG, hidden: true };
export const READING_FLAGS: readonly Flag[] = connectionFlags(
  'How to reach the cluster, or faultline up (default: $KUBECONFIG, ~/.kube/config).',
);

/** Names as they were typed: `issue.faultline.dev/x` is x, and a leading `issues` is what kubectl wants to hear. */
export function issueNames([first, ...more]: readonly string[]): string[] {
  if (first === undefined) return [];
  const isResource = /^(issues?|iss)((\.v1alpha1)?\.faultline\.dev)?$/.test(first);
  return [...new Set([...(isResource ? [] : [first]), ...more].map(issueName))];
}

/** What somebody types who takes this for kubectl. Names of issues end in eight characters of their own. */
const GROUPS = /^(issue)?groups?(\.faultline\.dev)?$/;
const KINDS =
  /^(all|po|pods?|deploy|deployments?|rs|replicasets?|sts|statefulsets?|ds|daemonsets?|jobs?|cronjobs?|svc|services?|ns|namespaces?|no|nodes?|ev|events?|cm|configmaps?|secrets?|pr|pipelineruns?|taskruns?|components?|applications?|snapshots?|releases?)$/;

export function nameFaults(names: readonly string[]): string[] {
  const [kind = ''] = names;
  if (GROUPS.test(kind)) return [`${JSON.stringify(kind)} is no issue: see faultline groups`];
  if (KINDS.test(kind)) {
    return [
      `${JSON.stringify(kind)} is no issue, and issues are all that there is here: kubectl get ${kind}, or faultline get --subject KIND/NAME for what is wrong with one`,
    ];
  }
  return names
    .filter((name) => !DNS_SUBDOMAIN.test(name))
    .map((name) =>
      name.includes('…')
        ? `${JSON.stringify(name)} was cut to fit the terminal: faultline get -o name has it whole`
        : `${JSON.stringify(name)} is no name of an issue: see faultline get -A`,
    );
}

export function readingFaults({
  namespace,
  asOf,
  ...connection
}: Pick<ReadingOptions, 'namespace' | 'asOf'> & ConnectionFlags): string[] {
  const faults = connectionFaults(connection);
  if (namespace !== undefined && !DNS_LABEL.test(namespace)) {
    faults.push(`--namespace: ${JSON.stringify(namespace)} is no name of a namespace`);
  }
  if (asOf !== undefined && momentOf(asOf, 0) === undefined) {
    faults.push(`--as-of: ${JSON.stringify(asOf)} is no moment: write for example 2h, 1d or 2026-11-21T03:00:00Z`);
  }
  return faults;
}

/** ms since 1970 of a duration for so long before `now`, or of an RFC 3339 time. */
export function momentOf(text: string, now: number): number | undefined {
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i.test(text)) {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? undefined : ms;
  }
  try {
    return now - parseDuration(text);
  } catch {
    return undefined;
  }
}

/** Of what is a text for people, or an object. */
export const OBJECT_OUTPUTS = ['text', 'json', 'yaml'] as const;
export type ObjectOutput = (typeof OBJECT_OUTPUTS)[number];

export function objectOutputFlag(choices: readonly [string, ...string[]]): Flag {
  const [first] = choices;
  return { spelling: '-o, --output <format>', description: 'What is printed.', choices, default: first };
}
