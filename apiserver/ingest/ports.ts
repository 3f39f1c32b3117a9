/** What the engine needs from outside, besides the store. The consumer owns the ports (docs/adr/0001). */

/** Who asks: `UserInfo` of apiserver/kube, structurally. */
export interface Caller {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export type Permission = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** The right to speak as a source. Rejects when nobody can say now; then nothing is stored. */
export interface ReportAccess {
  /** To report from `source` into `namespace` about a subject in `subjectNamespace` (undefined: cluster-scoped). */
  mayReport(
    caller: Caller,
    about: { readonly source: string; readonly namespace: string; readonly subjectNamespace: string | undefined },
  ): Permission | Promise<Permission>;
  /** To lead `source`, to sync it and to read what it reported, in the namespaces of these globs. */
  mayLead(
    caller: Caller,
    about: { readonly source: string; readonly namespaces: readonly string[] },
  ): Permission | Promise<Permission>;
}

/** Everybody may: for `faultline replay`, where the engine and its only caller are one process. */
export const trustedAccess: ReportAccess = {
  mayReport: () => ({ allowed: true }),
  mayLead: () => ({ allowed: true }),
};

/** What is known about a namespace that exists. */
export interface NamespaceIdentity {
  readonly uid: string;
  /** µs; absent when it was always there. */
  readonly createdAt?: number;
}

/** design.md decision 11: rows carry the namespace's uid. */
export interface Namespaces {
  /** Rejects with NamespacesUnavailable when the cluster cannot be asked: 503, and nothing is stored. */
  resolve(
    name: string,
  ): NamespaceIdentity | 'missing' | 'terminating' | Promise<NamespaceIdentity | 'missing' | 'terminating'>;
}

/** Nobody can say now whether a namespace exists. */
export class NamespacesUnavailable extends Error {
  override readonly name = 'NamespacesUnavailable';
}
