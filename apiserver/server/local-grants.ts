import { RULE_SOURCES } from '../../crds/issue-rule.ts';
import { GROUP, SOURCES_RESOURCE } from '../../crds/names.ts';
import type { Grant } from '../kube/access/local-authorizer.ts';

export interface LocalIdentities {
  /** Common name of the built-in controllers' certificate. */
  readonly controllers: string;
  /** The sources that they speak for now, besides those of rules. */
  readonly sources: readonly string[];
  /** User of `--kite-identity`, when given: reads and resolves issues and reports as `kite`. */
  readonly kite?: string;
}

/** What the identities of `faultline up` may do (contracts.md "Identities"); the admin is a master and needs no grant. */
export function localGrants({ controllers, sources, kite }: LocalIdentities): Grant[] {
  const grants = [reporter(controllers, [...sources, ...Object.values(RULE_SOURCES)])];
  if (kite !== undefined) {
    const { resources } = reporter(kite, ['kite']);
    const read = { verbs: ['get', 'list', 'watch'], groups: [GROUP], resources: ['issues'] };
    const resolve = { verbs: ['create'], groups: [GROUP], resources: ['issues/resolve'] };
    grants.push({ user: kite, resources: [...resources, read, resolve] });
  }
  return grants;
}

/** The routes of `/api/v1` ask for these rights and no others: for the source, and for the namespace. */
function reporter(user: string, sources: readonly string[]): Grant {
  const { group, resource, verb } = SOURCES_RESOURCE;
  const speak = { verbs: [verb], groups: [group], resources: [resource], names: sources };
  return {
    user,
    resources: [
      { verbs: ['create'], groups: [GROUP], resources: ['issuereports'] },
      ...(sources.length > 0 ? [speak] : []), // no names would mean any name
    ],
  };
}
