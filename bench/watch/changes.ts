import type { IssueList } from '../../crds/issue.ts';
import { API } from '../data/seed.ts';
import type { Target } from '../load/connection.ts';
import { reportsOf } from '../load/plan.ts';
import type { Environment } from '../product/environment.ts';
import type { KubeClient } from '../product/kube-client.ts';
import { type Change, mark, type Plan } from './messages.ts';

/** How a change reaches a watcher. */
export type Way = 'direct' | 'aggregated' | 'crd';

/** Makes plans of watching and changing, each with changes that no plan before had. */
export class Changes {
  readonly #environment: Environment;
  readonly #admin: Target;
  readonly #copies: readonly string[];
  #number = 1_000;

  private constructor(environment: Environment, copies: readonly string[]) {
    const { plane } = environment;
    this.#environment = environment;
    this.#copies = copies;
    const { hostname: host, port } = new URL(plane.url);
    this.#admin = { host, port: Number(port), caPem: plane.caPem, credentials: plane.admin };
  }

  /** `client`: to learn which copies can be changed. */
  static async of(environment: Environment, client: KubeClient): Promise<Changes> {
    const { items } = await client.json<IssueList>('GET', `${API.crd}/issues?limit=100`);
    const paths = items.map(({ metadata: { namespace, name } }) => `${API.crd}/namespaces/${namespace}/issues/${name}`);
    return new Changes(environment, paths);
  }

  /** From now on: `resourceVersion` is that of a list of this moment. */
  async plan(
    client: KubeClient,
    way: Way,
    size: { watchers: number; changes: number; everyMs: number },
  ): Promise<Plan> {
    const { target } = this.#environment;
    const api = way === 'crd' ? API.crd : API.ours;
    const { metadata } = await client.json<IssueList>('GET', `${api}/issues?limit=1`);
    const path = `${api}/issues?watch=true&allowWatchBookmarks=true&resourceVersion=${metadata.resourceVersion}`;
    const changes = Array.from({ length: size.changes }, () => {
      const number = ++this.#number;
      return way === 'crd' ? this.#patch(number) : this.#report(number);
    });
    const { watchers, everyMs } = size;
    const watch = way === 'direct' ? target : this.#admin;
    return { watch, path, watchers, write: way === 'crd' ? this.#admin : target, changes, everyMs };
  }

  /** One more look at a known failure. */
  #report(number: number): Change {
    const { namespaces } = this.#environment;
    const subject = { namespaces: namespaces.slice(0, 50), first: number % 100, count: 1 };
    const [report] = reportsOf({ ...subject, completedAt: Date.now(), pass: number });
    const body = JSON.stringify(report);
    return { number, method: 'POST', path: '/api/v1/reports', contentType: 'application/json', body };
  }

  #patch(number: number): Change {
    const path = this.#copies[number % this.#copies.length] as string;
    const body = JSON.stringify({ spec: { title: `Build fails (exit code 1, ${mark(number)}` } });
    return { number, method: 'PATCH', path, contentType: 'application/merge-patch+json', body };
  }
}
