import { AGGREGATED_DISCOVERY } from './accept.ts';
import type { Answer, ApiClient } from './client.ts';
import { ensure } from './item.ts';

export interface DiscoveredResource {
  readonly resource?: string;
  readonly responseKind?: { readonly group?: string; readonly version?: string; readonly kind?: string } | null;
  readonly scope?: string;
  readonly singularResource?: string;
  readonly verbs?: string[];
  readonly subresources?: (Omit<DiscoveredResource, 'subresources'> & { readonly subresource?: string })[];
}

export interface DiscoveredVersion {
  readonly version?: string;
  readonly freshness?: string;
  readonly resources?: DiscoveredResource[];
}

interface GroupDiscoveryList {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly items?: { metadata?: { name?: string }; versions?: DiscoveredVersion[] }[];
}

export function askAggregatedDiscovery(api: ApiClient, headers: Record<string, string> = {}): Promise<Answer> {
  return api.send('/apis', { headers: { accept: AGGREGATED_DISCOVERY, ...headers } });
}

/** Our version in aggregated discovery; fails the item when it is not there. */
export async function discoveredVersion(
  api: ApiClient,
  { group, version }: { group: string; version: string },
): Promise<DiscoveredVersion> {
  const answer = await askAggregatedDiscovery(api);
  ensure(answer.status === 200, `${answer.question} for aggregated discovery answered ${answer.status}`);
  const list = answer.json<GroupDiscoveryList>();
  ensure(list.kind === 'APIGroupDiscoveryList', `/apis answered a ${list.kind} instead of an APIGroupDiscoveryList`);
  const found = list.items?.find(({ metadata }) => metadata?.name === group);
  const own = found?.versions?.find((one) => one.version === version);
  ensure(own, `aggregated discovery does not name ${group}/${version}`);
  return own;
}
