import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ALONE, everyRow, type OwnIssues, type Row, SOURCES } from './rows.ts';
import { type Answer, IDENTITIES, MARKS, SecurityWorld, STRANGERS } from './world.ts';

/**
 * Every route × every identity, of a whole server on PGlite whose cluster has the ClusterRoles of manifests/base. What came
 * out is docs/security-matrix.md (`vitest run … -u` writes it), and whoever changes it has to say why; what must hold whatever
 * the page says is below.
 */
const ROOT = join(import.meta.dirname, '../..');
const names = IDENTITIES.map(({ name }) => name);

let world: SecurityWorld;
let rows: Row[];
/** Cells by route, then by identity. */
const matrix = new Map<string, Map<string, Answer>>();
let before: string;
let after: string;

beforeAll(async () => {
  world = await SecurityWorld.start(SOURCES);
  rows = await everyRow(world);
  const issues = await ownIssues();
  await searchable(2 * names.length + 2);
  before = await stored();
  // Whoever may write last: what the others asked must have changed nothing.
  const readers = IDENTITIES.filter(({ bindings = [] }) => !bindings.some(({ namespace }) => namespace === 'shop'));
  for (const { name } of readers) await askEverything(name, issues);
  after = await stored();
  for (const { name } of IDENTITIES) if (!readers.some((one) => one.name === name)) await askEverything(name, issues);
}, 300_000);
afterAll(() => world[Symbol.asyncDispose]());

async function report(namespace: keyof typeof MARKS, subjects: readonly string[]): Promise<void> {
  const reports = subjects.map((name) => ({
    source: 'ci.nightly',
    namespace,
    subject: { apiVersion: 'v1', kind: 'ConfigMap', namespace, name },
    order: { class: 'received' },
    body: {
      complete: true,
      findings: [
        {
          key: 'x', type: 'build', severity: 'major', reason: 'Failed', title: `${MARKS[namespace]} ${name}`,
          evidence: { log: { container: 'step', lines: [MARKS[namespace]] } },
        }, // biome-ignore format: one finding
      ],
    },
  }));
  const { status, text } = await world.ask('admin', { method: 'POST', path: '/api/v1/reports', body: reports });
  expect([status, text]).toEqual([200, expect.not.stringMatching(/"status":4/)]);
}

/** Two issues in shop for each identity, and some in bank. */
async function ownIssues(): Promise<Map<string, OwnIssues>> {
  const slug = (name: string): string => name.replaceAll(' ', '-');
  await report(
    'shop',
    names.flatMap((name) => [`${slug(name)}.1`, `${slug(name)}.2`]),
  );
  await report('bank', ['a', 'b']);
  const [served, numbered] = await Promise.all([
    world.ask('admin', { method: 'GET', path: '/apis/faultline.dev/v1alpha1/namespaces/shop/issues' }),
    world.ask('admin', { method: 'GET', path: '/api/v1/issues?namespace=shop&limit=200' }),
  ]);
  const { items } = JSON.parse(served.text) as {
    items: { metadata: { name: string }; spec: { subject: { name: string } } }[];
  };
  const { data } = JSON.parse(numbered.text) as { data: { id: string; scope: { resourceName: string } }[] };
  const nameOf = (subject: string) =>
    items.find(({ spec }) => spec.subject.name === subject)?.metadata.name ?? expect.fail(subject);
  const idOf = (subject: string) =>
    data.find(({ scope }) => scope.resourceName === subject)?.id ?? expect.fail(subject);
  return new Map(
    names.map((name) => {
      const [first, second] = [`${slug(name)}.1`, `${slug(name)}.2`];
      return [name, { names: [nameOf(first), nameOf(second)], ids: [idOf(first), idOf(second)] }];
    }),
  );
}

/** The index of the search follows the log. */
async function searchable(count: number): Promise<void> {
  const path = '/api/v1/search?q=mark&limit=100';
  const found = async () => JSON.parse((await world.ask('admin', { method: 'GET', path })).text).items.length;
  await vi.waitFor(async () => expect(await found()).toBe(count), { timeout: 60_000, interval: 200 });
}

/** What is stored, for comparing. */
async function stored(): Promise<string> {
  return (await world.ask('admin', { method: 'GET', path: '/apis/faultline.dev/v1alpha1/issues' })).text;
}

async function askEverything(name: string, issues: ReadonlyMap<string, OwnIssues>): Promise<void> {
  const own = issues.get(name) as OwnIssues;
  const ask = async (row: Row): Promise<void> => {
    const answer = await world.ask(name, row.question(own));
    const cells = matrix.get(row.route) ?? new Map<string, Answer>();
    matrix.set(row.route, cells.set(name, answer));
  };
  // What waits (a watch, a poll) waits together.
  await Promise.all(rows.filter(({ writes }) => !writes).map(ask));
  for (const row of rows) if (row.writes) await ask(row);
}

/** `200 shop`: answered, with what stands in issues of shop. */
function cell({ status, text }: Answer): string {
  const results =
    status === 200 && text.startsWith('{"results"')
      ? (JSON.parse(text) as { results: { status: number }[] }).results
      : [];
  const each = results.length > 0 ? ` [${[...new Set(results.map((result) => result.status))].join(', ')}]` : '';
  const shown = Object.entries(MARKS).flatMap(([namespace, mark]) => (text.includes(mark) ? [namespace] : []));
  return `${status}${each}${shown.length > 0 ? ` ${shown.join(' + ')}` : ''}`;
}

const at = (route: string, name: string): Answer =>
  matrix.get(route)?.get(name) ?? expect.fail(`${name} did not ask ${route}`);
const routes = (): string[] => rows.map(({ route }) => route);

test('every route has an answer for every identity', () => {
  expect(rows.length).toBeGreaterThan(60);
  expect(new Set(routes()).size).toBe(rows.length);
  for (const route of routes()) expect([...(matrix.get(route)?.keys() ?? [])].sort(), route).toEqual([...names].sort());
});

test('every path of a middleware of its own has a row', () => {
  const sources = globSync('apiserver/{rest,server,receivers}/*.ts', { cwd: ROOT }).filter(
    (file) => !file.endsWith('.test.ts'),
  );
  const paths = sources.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:ctx\.path (?:!==|===)|authorizePath\() ?'(\/[^']*)'/g)].map(
      ([, path]) => path,
    ),
  );
  expect(paths.length).toBeGreaterThan(2);
  expect(paths.filter((path) => !ALONE.includes(path ?? ''))).toEqual([]);
});

test('nobody learns anything of a namespace without a right to it, by whatever route', () => {
  const mayKnowShop = ['view', 'edit', 'edit by proxy', 'evidence', 'cluster view'];
  const mayKnowBank = ['other tenant', 'cluster view'];
  for (const route of routes()) {
    for (const name of names) {
      const { text } = at(route, name);
      // What was sent may come back.
      if (!mayKnowShop.includes(name) && name !== 'reporter')
        expect(text.includes(MARKS.shop), `${name}: ${route}`).toBe(false);
      if (!mayKnowBank.includes(name)) expect(text.includes(MARKS.bank), `${name}: ${route}`).toBe(false);
    }
  }
});

test('who is not known is let in nowhere but to health and the version', () => {
  const open = /^GET \/(healthz|livez|readyz|readyz\/db|version)$/;
  for (const route of routes()) {
    if (open.test(route)) continue;
    for (const name of STRANGERS) expect([401, 403], `${name}: ${route}`).toContain(at(route, name).status);
  }
});

test('headers that only claim an identity change nothing', () => {
  for (const route of routes()) {
    expect(cell(at(route, 'spoofed')), route).toBe(cell(at(route, 'anonymous')));
    expect(cell(at(route, 'spoofed by a user')), route).toBe(cell(at(route, 'nobody')));
    expect(cell(at(route, 'edit by proxy')), route).toBe(cell(at(route, 'edit')));
  }
});

test('whoever has no right in the namespace changes nothing in it', () => {
  expect(after).toBe(before);
});

test('the metrics count what is served, and name nobody who asked', () => {
  const { text } = at('GET /metrics', 'metrics');
  expect(text).toMatch(/^faultline_issues\{namespace="shop",severity="major",type="build"\} \d+$/m);
  expect(text).toMatch(/^faultline_issues\{namespace="bank",severity="major",type="build"\} 2$/m);
  expect(text).toMatch(/^faultline_change_visible_seconds_count [1-9]/m);
  expect(text).toMatch(/^faultline_staleness_seconds \d/m);
  expect(text).toMatch(/^faultline_health_check\{check="db"\} 1$/m);
  expect(text).toMatch(/^faultline_feature_enabled\{name="IssueGroups",stage="beta"\} 1$/m);
  for (const name of names) if (name.includes(' ')) expect(text).not.toContain(name);
});

test('the page about it says what happens', async () => {
  await expect(page()).toMatchFileSnapshot(join(ROOT, 'docs/security-matrix.md'));
});

function page(): string {
  const width = names.map(() => '---');
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const groups: [string, (route: string) => boolean][] = [
    ['Kubernetes API', (route) => route.includes(' /apis/faultline.dev/v1alpha1/')],
    ['/api/v1', (route) => route.includes(' /api/v1/')],
    ['Everything else', () => true],
  ];
  const left = new Set(routes());
  const tables = groups.map(([title, belongs]) => {
    const own = [...left].filter(belongs);
    for (const route of own) left.delete(route);
    const lines = own.map((route) => line([`\`${route}\``, ...names.map((name) => cell(at(route, name)))]));
    return [`## ${title}`, '', line(['', ...names]), line(['---', ...width]), ...lines, ''].join('\n');
  });
  return [
    '# Who gets what: every route and every identity',
    '',
    '<!-- Written by a test: npx vitest run --project unit tests/security/isolation.test.ts -u -->',
    '',
    'A whole server, a cluster with the ClusterRoles of `manifests`, and two tenants, shop and bank: each route is asked **about',
    'shop** by each identity. A cell is the status of the answer, of an array of reports `[the status of each]`, and the namespaces of',
    'which anything that stands in issues is in the answer. What must hold, whatever this page says, is in',
    '`tests/security/isolation.test.ts`; the threats are in [Security](security.md).',
    '',
    line(['identity', '']),
    line(['---', '---']),
    ...IDENTITIES.map(({ name, description }) => line([name, description])),
    '',
    ...tables,
  ].join('\n');
}
