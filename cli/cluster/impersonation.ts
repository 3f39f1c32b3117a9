/** As whom somebody asks who may impersonate: `--as`, or `as:` of a kubeconfig. */
export interface Impersonation {
  readonly user?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly uid?: string | undefined;
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** The user of a kubeconfig as it is written, as far as it says so. */
export function impersonationOf(user: Readonly<Record<string, unknown>>): Impersonation {
  const extra = user['as-user-extra'];
  return {
    user: text(user.as),
    groups: texts(user['as-groups']),
    uid: text(user['as-uid']),
    ...(typeof extra === 'object' &&
      extra !== null && {
        extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, texts(values) ?? []])),
      }),
  };
}

/** In the words of the Kubernetes API; nothing for nobody. A group is a header of its own. */
export function impersonationHeaders({ user, groups, uid, extra }: Impersonation): Record<string, string | string[]> {
  if (user === undefined) return {};
  return {
    'impersonate-user': user,
    ...(groups !== undefined && groups.length > 0 && { 'impersonate-group': [...groups] }),
    ...(uid !== undefined && { 'impersonate-uid': uid }),
    ...Object.fromEntries(
      Object.entries(extra ?? {}).map(([key, values]) => [
        `impersonate-extra-${encodeURIComponent(key.toLowerCase())}`,
        [...values],
      ]),
    ),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : undefined;
}
