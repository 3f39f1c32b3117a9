import type { KubeApi } from '../../apiserver/kube/index.ts';
import type { ConnectingStore } from './connecting-store.ts';

/**
 * Begins to follow the change log when the database was reached. What began before would find nothing and try again ever later,
 * and a server would be ready up to half a second after its database. One that can never be used is told where it is opened.
 */
export function followWhenOpened(store: Pick<ConnectingStore, 'opened'>, kube: Pick<KubeApi, 'start'>): void {
  store.opened.then(
    () => kube.start(),
    () => {},
  );
}
