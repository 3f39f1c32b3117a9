import type { ResourceModule } from '../../apiserver/kube/index.ts';
import { issueGroupsModule, issueGroupsResource } from '../../apiserver/resources/issuegroups.ts';
import type { ConnectingStore } from './connecting-store.ts';
import type { FedResource } from './own-resources.ts';

/** Groups of issues are fed like a resource that a configuration adds: one replica makes them, all serve the same. */
export function issueGroups(store: Pick<ConnectingStore, 'groupIndex'>): FedResource {
  const module = issueGroupsModule(() => store.groupIndex());
  return {
    module: module as unknown as ResourceModule,
    options: {},
    define: (log) => issueGroupsResource(module, log),
  };
}
