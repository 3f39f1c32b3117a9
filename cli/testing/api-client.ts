import { readFile } from 'node:fs/promises';
import { Agent } from 'undici';
import { parse } from 'yaml';
import type { Issue, IssueList } from '../../crds/issue.ts';

/** Asks a server as the person of a kubeconfig does. */
export interface ApiClient extends AsyncDisposable {
  readonly server: string;
  get(path: string): Promise<{ status: number; body: unknown }>;
  post(path: string, body: object): Promise<{ status: number; body: unknown }>;
  /** What is served as text, such as the metrics. */
  text(path: string): Promise<string>;
  issues(): Promise<Issue[]>;
  /** Events of a watch that begins at the current state. */
  watch(signal: AbortSignal): AsyncGenerator<{ type: string; object: Issue }>;
}

interface Kubeconfig {
  clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
  users: [{ user: { 'client-certificate-data': string; 'client-key-data': string } }];
}

export async function apiClient(kubeconfig: string): Promise<ApiClient> {
  const { clusters, users } = parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const [{ cluster }] = clusters;
  const [{ user }] = users;
  const decode = (text: string) => Buffer.from(text, 'base64').toString();
  const agent = new Agent({
    connect: {
      ca: decode(cluster['certificate-authority-data']),
      cert: decode(user['client-certificate-data']),
      key: decode(user['client-key-data']),
    },
  });
  const issues = '/apis/faultline.dev/v1alpha1/issues';
  const request = (path: string, signal?: AbortSignal) =>
    agent.request({ origin: cluster.server, path, method: 'GET', ...(signal && { signal }) });
  return {
    server: cluster.server,
    async get(path) {
      const { statusCode, body } = await request(path);
      return { status: statusCode, body: await body.json() };
    },
    async post(path, given) {
      const headers = { 'content-type': 'application/json' };
      const sent = { origin: cluster.server, path, method: 'POST', headers, body: JSON.stringify(given) } as const;
      const { statusCode, body } = await agent.request(sent);
      return { status: statusCode, body: await body.json() };
    },
    text: async (path) => (await request(path)).body.text(),
    async issues() {
      const { body } = await request(issues);
      return ((await body.json()) as IssueList).items;
    },
    async *watch(signal) {
      const { body } = await request(`${issues}?watch=1`, signal);
      let rest = '';
      for await (const chunk of body as AsyncIterable<Buffer>) {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line) as { type: string; object: Issue };
      }
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}
