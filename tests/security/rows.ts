import { OPERATIONS } from '../../apiserver/rest/openapi/operations.ts';
import type { Question, SecurityWorld } from './world.ts';

/** One route of the server, as it is asked about the namespace shop. */
export interface Row {
  /** `GET /api/v1/search`. */
  readonly route: string;
  /** What is asked, of issues that this identity alone acts on. */
  question(issues: OwnIssues): Question;
  /** Changes something. */
  readonly writes: boolean;
}

/** Two Active issues of shop. */
export interface OwnIssues {
  readonly names: readonly [string, string];
  readonly ids: readonly [string, string];
}

const GROUP = '/apis/faultline.dev/v1alpha1';
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The sources that the examples of the documentation speak as. */
export const SOURCES = [...new Set(JSON.stringify(OPERATIONS).match(/\bci\.[a-z-]+/g)), 'kite', 'tekton-pipelinerun'];

/**
 * Every route: of `/api/v1` from the table that the documentation is made of, which another test holds against the routers
 * (cli/backend/rest-answers.test.ts); of the Kubernetes API from its own discovery; and the paths that stand alone.
 */
export async function everyRow(world: SecurityWorld): Promise<Row[]> {
  const [resources, root] = await Promise.all([
    world.ask('admin', { method: 'GET', path: GROUP }),
    world.ask('admin', { method: 'GET', path: '/' }),
  ]);
  const { paths } = JSON.parse(root.text) as { paths: string[] };
  return [
    ...ALONE.map((path) => row('GET', path)),
    ...[...paths, '/', '/api', '/openapi/v3/apis/faultline.dev/v1alpha1'].sort().map((path) => row('GET', path)),
    ...(JSON.parse(resources.text) as { resources: Served[] }).resources.flatMap(ofResource),
    ...REFUSED,
    ...OPERATIONS.map(ofOperation),
  ];
}

/** Middlewares with a path of their own; a test finds them in the sources. */
export const ALONE = [
  ...[
    '/healthz',
    '/livez',
    '/readyz',
    '/readyz/db',
    '/metrics',
    '/debug',
    '/debug/heap',
    '/debug/feeds',
    '/debug/queues',
    '/debug/process',
    '/openapi.json',
    '/docs',
    '/docs/',
    '/nobody/serves/this',
  ],
];

const row = (method: string, path: string): Row => ({
  route: `${method} ${path}`,
  question: () => ({ method, path }),
  writes: false,
});

interface Served {
  readonly name: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What no verb of discovery allows: read-only is for everybody. */
const REFUSED: readonly Row[] = ['PUT', 'PATCH', 'DELETE'].map((method) => ({
  route: `${method} ${GROUP}/namespaces/{namespace}/issues/{name}`,
  question: ({ names }) => ({ method, path: `${GROUP}/namespaces/shop/issues/${names[0]}`, body: {} }),
  writes: true,
}));

function ofResource({ name, namespaced, verbs }: Served): Row[] {
  const [plural = '', subresource] = name.split('/');
  const scope = namespaced ? '/namespaces/{namespace}' : '';
  const item = `${GROUP}${scope}/${plural}/{name}`;
  return verbs.flatMap((verb): Row[] => {
    if (subresource !== undefined) {
      const method = verb === 'create' ? 'POST' : 'GET';
      const body = verb === 'create' ? ACTIONS[subresource] : undefined;
      if (verb === 'create' && body === undefined) throw new Error(`say in ACTIONS what ${name} is asked`);
      return [of(`${method} ${item}/${subresource}`, method, verb === 'create', body)];
    }
    const collection = `${GROUP}${scope}/${plural}`;
    const everywhere = `${GROUP}/${plural}`;
    switch (verb) {
      case 'get':
        return [of(`GET ${item}`, 'GET', false)];
      case 'list':
        return [of(`GET ${collection}`, 'GET', false), ...(namespaced ? [of(`GET ${everywhere}`, 'GET', false)] : [])];
      case 'watch': {
        const watch = '?watch=true&timeoutSeconds=1';
        const rows = [of(`GET ${collection}${watch}`, 'GET', false)];
        return namespaced ? [...rows, of(`GET ${everywhere}${watch}`, 'GET', false)] : rows;
      }
      case 'create':
        if (CREATED[plural] === undefined) throw new Error(`say in CREATED what a new ${plural} is asked`);
        return [of(`POST ${collection}`, 'POST', true, CREATED[plural])];
      default:
        throw new Error(`say what ${verb} ${name} is asked`);
    }
  });
}

function of(route: string, method: string, writes: boolean, body?: unknown): Row {
  const [, template = ''] = route.split(' ');
  return {
    route,
    writes,
    question: ({ names }) => ({
      method,
      // The others act on what is Active.
      path: template.replace('{namespace}', 'shop').replace('{name}', names[template.endsWith('/resolve') ? 1 : 0]),
      ...(body !== undefined && { body }),
    }),
  };
}

/** Everything that is found, or chance would say whose is among the first. */
const ALL_OF: Readonly<Record<string, string>> = { '/api/v1/search': '&limit=100', '/api/v1/stats': '&limit=100' };

const ACTIONS: Readonly<Record<string, object>> = {
  resolve: { spec: {} },
  acknowledge: { spec: {} },
  snooze: { spec: { duration: '1h' } },
  assign: { spec: {} },
  due: { spec: { in: '1d' } },
  comment: { spec: { comment: 'a word' } },
};

const REPORT = {
  source: 'ci.nightly',
  namespace: 'shop',
  subject: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'reported' },
  order: { class: 'received' },
  body: { complete: true, findings: [] },
};

const CREATED: Readonly<Record<string, object>> = {
  issuereports: { apiVersion: 'faultline.dev/v1alpha1', kind: 'IssueReport', metadata: {}, spec: REPORT },
  issuestatistics: { apiVersion: 'faultline.dev/v1alpha1', kind: 'IssueStatistics', spec: { since: '1d', limit: 100 } },
  explanations: {
    apiVersion: 'faultline.dev/v1alpha1',
    kind: 'Explanation',
    metadata: {},
    spec: { kind: 'ConfigMap', namespace: 'shop', name: 'reported' },
  },
};

function ofOperation(operation: (typeof OPERATIONS)[number]): Row {
  const { method, path, body, exampleHeaders } = operation;
  const byName = path.includes('/issues/{namespace}/{name}');
  const { examplePath = path } = byName ? { examplePath: path } : operation;
  return {
    route: `${method.toUpperCase()} ${path}`,
    writes: method !== 'get' && operation.id !== 'nextQuestions',
    question({ ids, names }) {
      const known = [...new Set(`${examplePath} ${JSON.stringify(body?.example ?? '')}`.match(ID) ?? [])];
      const mine = (text: string): string =>
        known.reduce((replaced, id, index) => replaced.replaceAll(id, ids[Math.min(index, 1)] ?? ''), text);
      return {
        method: method.toUpperCase(),
        path: mine(examplePath).replace('{namespace}', 'shop').replace('{name}', names[0]) + (ALL_OF[path] ?? ''),
        // Receivers believe their own token, and nobody here has it.
        ...(exampleHeaders && operation.authentication !== 'receiver' && { headers: exampleHeaders }),
        ...(body && { body: JSON.parse(mine(JSON.stringify(body.example))) as unknown }),
      };
    },
  };
}
