/**
 * What ServiceAccounts may do by the manifests, and what they did by the audit log of the API server. What nobody ever did is
 * a right too many; what was refused is one that is missing.
 */
import { readFile } from 'node:fs/promises';
import type { Binding, Manifest } from './render.ts';

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface Role extends Manifest {
  readonly rules?: readonly Rule[];
}

/** One thing that may be done, or was. */
export interface Act {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `issuerules/status`. */
  readonly resource: string;
  /** '' for any. */
  readonly name: string;
  /** '' for the whole cluster. */
  readonly namespace: string;
}

export const said = ({ verb, group, resource, name, namespace }: Act): string =>
  `${verb} ${resource}${group && `.${group}`}${name && ` ${name}`}${namespace && ` in ${namespace}`}`;

/** Kubernetes' own roles that our accounts are bound to, as far as it says what they are for. */
const KUBERNETES: Readonly<Record<string, readonly Rule[]>> = {
  'system:auth-delegator': [
    { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ],
  'extension-apiserver-authentication-reader': [
    {
      apiGroups: [''],
      resources: ['configmaps'],
      verbs: ['list', 'watch'],
      resourceNames: ['extension-apiserver-authentication'],
    },
  ],
};

/** Everything that the manifests allow `account`, one act at a time. */
export function allowed(manifests: readonly Manifest[], namespace: string, account: string): Act[] {
  const bindings = manifests.filter((one): one is Binding => /^(Cluster)?RoleBinding$/.test(one.kind));
  const ours = bindings.filter(({ subjects }) =>
    subjects.some((one) => one.kind === 'ServiceAccount' && one.name === account && one.namespace === namespace),
  );
  return ours.flatMap(({ roleRef, metadata }) => {
    const role = manifests.find((one) => one.kind === roleRef.kind && one.metadata.name === roleRef.name) as
      | Role
      | undefined;
    const rules = role?.rules ?? KUBERNETES[roleRef.name];
    if (!rules) throw new Error(`${metadata.name} binds ${roleRef.kind} ${roleRef.name}, which is nowhere`);
    return rules.flatMap((rule) => actsOf(rule, metadata.namespace ?? ''));
  });
}

function actsOf({ apiGroups, resources, verbs, resourceNames = [''] }: Rule, namespace: string): Act[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) => resourceNames.map((name): Act => ({ verb, group, resource, name, namespace }))),
    ),
  );
}

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number; readonly reason?: string };
  readonly annotations?: Readonly<Record<string, string>>;
  readonly requestObject?: { readonly spec?: Review };
  readonly responseObject?: { readonly status?: { readonly allowed?: boolean } };
}

interface Review {
  readonly user?: string;
  readonly resourceAttributes?: {
    readonly verb?: string;
    readonly group?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly name?: string;
    readonly namespace?: string;
  };
}

export interface Deed {
  readonly act: Act;
  readonly allowed: boolean;
}

/** For `--audit-policy-file`: what these accounts do, and what our server asks about them. */
export function auditPolicy(namespace: string, accounts: readonly string[]): object {
  const users = accounts.map((account) => userOf(namespace, account));
  return {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    // A watch is told when it begins.
    omitStages: ['RequestReceived'],
    rules: [
      {
        level: 'RequestResponse',
        users,
        resources: [{ group: 'authorization.k8s.io', resources: ['subjectaccessreviews'] }],
      },
      { level: 'Metadata', users },
      { level: 'None' },
    ],
  };
}

export function userOf(namespace: string, account: string): string {
  return `system:serviceaccount:${namespace}:${account}`;
}

/** What `user` did with resources, and what our server asked whether it may. */
export async function deeds(auditLog: string, user: string): Promise<Deed[]> {
  const events = (await readFile(auditLog, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditEvent);
  return events.flatMap((event) => {
    const own = event.user.username === user ? [ownDeed(event)] : [];
    const { spec } = event.requestObject ?? {};
    return [...own, ...(spec?.user === user ? [askedDeed(spec, event)] : [])].filter((deed) => deed !== undefined);
  });
}

function ownDeed({ verb, objectRef, annotations = {} }: AuditEvent): Deed | undefined {
  if (objectRef?.resource === undefined) return undefined; // discovery, which everybody may
  const { resource, subresource, apiGroup: group = '', namespace = '', name = '' } = objectRef;
  const act = { verb, group, resource: subresource ? `${resource}/${subresource}` : resource, name, namespace };
  return { act, allowed: annotations['authorization.k8s.io/decision'] === 'allow' };
}

function askedDeed({ resourceAttributes }: Review, { responseObject }: AuditEvent): Deed | undefined {
  if (resourceAttributes === undefined) return undefined;
  const { verb = '', group = '', resource = '', subresource, name = '', namespace = '' } = resourceAttributes;
  const act = { verb, group, resource: subresource ? `${resource}/${subresource}` : resource, name, namespace };
  return { act, allowed: responseObject?.status?.allowed === true };
}

/**
 * Whether `done` is one of what `right` allows. `list` and `watch` are one right: a streamed list is a watch, and only API
 * servers that have none are listed (controllers/runtime/reflector).
 */
export function covers(right: Act, done: Act): boolean {
  const looks = ['list', 'watch'];
  const sameVerb = right.verb === done.verb || (looks.includes(right.verb) && looks.includes(done.verb));
  return (
    sameVerb &&
    right.group === done.group &&
    right.resource === done.resource &&
    (right.name === '' || right.name === done.name) &&
    (right.namespace === '' || right.namespace === done.namespace)
  );
}
