import { kubectls } from '../controlplane/kubectl.ts';
import type { ClientSpec } from './clients.ts';

/** The clients of tests/e2e/clients.e2e.test.ts and docs/clients.md. */
export interface Client extends ClientSpec {
  readonly program: 'go' | 'go-without-watch-list' | 'node' | 'python' | 'kubectl';
  /** It holds metadata alone. */
  readonly metadata?: true;
  /** An informer of client-go, which lists again when a watch is refused with 503, because nobody serves. */
  readonly reflector?: true;
}

/** Issues change here all the time. */
export const BUSY = ['team-a', 'team-b'] as const;
/** Here nothing changes between the beginning and the end: who asks no bookmarks falls behind a compaction. */
export const QUIET = 'team-quiet';

const critical = { labelSelector: 'faultline.dev/severity=critical' };
const applications = { labelSelector: 'faultline.dev/application in (shop, bank)' };
const active = { fieldSelector: 'status.state=Active' };
const oneTeam = { namespace: BUSY[0] };
const quiet = { namespace: QUIET };

const go: readonly Client[] = [
  { name: 'dynamic-watchlist', kind: 'dynamic-informer' },
  { name: 'dynamic-watchlist-label', kind: 'dynamic-informer', ...critical },
  { name: 'dynamic-watchlist-quiet', kind: 'dynamic-informer', ...quiet },
  { name: 'metadata-watchlist', kind: 'metadata-informer', metadata: true },
  { name: 'controller-runtime-watchlist', kind: 'controller-runtime-cache', ...active },
].map((client) => ({ ...client, program: 'go', reflector: true }) as Client);

const goWithoutWatchList: readonly Client[] = [
  { name: 'dynamic-list', kind: 'dynamic-informer', ...active },
  { name: 'dynamic-list-quiet', kind: 'dynamic-informer', ...quiet },
  { name: 'metadata-list', kind: 'metadata-informer', metadata: true, ...applications },
  { name: 'controller-runtime-list', kind: 'controller-runtime-cache', ...oneTeam },
].map((client) => ({ ...client, program: 'go-without-watch-list', reflector: true }) as Client);

const retryWatchers: readonly Client[] = [
  { name: 'retry-watcher', kind: 'retry-watcher' },
  { name: 'retry-watcher-label', kind: 'retry-watcher', ...critical },
  { name: 'retry-watcher-quiet', kind: 'retry-watcher', ...quiet },
].map((client) => ({ ...client, program: 'go-without-watch-list' }) as Client);

const node: readonly Client[] = [
  { name: 'client-node', kind: 'informer' },
  { name: 'client-node-label', kind: 'informer', labelSelector: 'faultline.dev/severity notin (info, minor)' },
  { name: 'client-node-quiet', kind: 'informer', ...quiet },
].map((client) => ({ ...client, program: 'node' }) as Client);

const python: readonly Client[] = [
  { name: 'python-watch', kind: 'watch' },
  { name: 'python-watch-quiet', kind: 'watch', ...quiet },
  { name: 'python-informer', kind: 'informer', ...applications },
  { name: 'python-dynamic', kind: 'dynamic', ...active },
].map((client) => ({ ...client, program: 'python' }) as Client);

const kubectlSelections = [{}, critical, oneTeam, active] as const;

export const CLIENTS: readonly Client[] = [
  ...go,
  ...goWithoutWatchList,
  ...retryWatchers,
  ...node,
  ...python,
  ...kubectls().map(({ version }, index): Client => {
    const selection = kubectlSelections[index % kubectlSelections.length];
    return { name: `kubectl-${version}`, kind: version, program: 'kubectl', ...selection };
  }),
];

/** `kubectl get issues …` of a client. */
export function kubectlArgs({ namespace, labelSelector, fieldSelector }: ClientSpec): string[] {
  return [
    ...(namespace ? ['-n', namespace] : ['-A']),
    ...(labelSelector ? ['-l', labelSelector] : []),
    ...(fieldSelector ? ['--field-selector', fieldSelector] : []),
  ];
}
