import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { dashboard } from '../../scripts/dashboard.ts';
import { rulesOf } from '../../scripts/monitoring.ts';

/** Rules, dashboard, runbooks and metrics: none may name what the others do not have. promtool: rules.e2e.test.ts. */
const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const EXAMPLE = 'examples/alertmanager/rules.yaml';
const rules = [...rulesOf(), ...rulesOf(EXAMPLE)];
const alerts = rules.flatMap(({ alert, annotations, expr }) => (alert ? [{ alert, annotations, expr }] : []));

/** Of kube-apiserver and of Prometheus. */
const FOREIGN = ['aggregator_unavailable_apiservice', 'up'];
/** What the processes tell, by docs/observe.md, which another test compares with the code. */
const ours = [...read('docs/observe.md').matchAll(/^\| `([a-z_]+)(?:\{[a-z, ]+\})?` \|/gm)].map(
  ([, name = '']) => name,
);
const recorded = rules.flatMap(({ record }) => record ?? []);

/** The names of metrics in an expression of PromQL. */
function metricsIn(expr: string): string[] {
  const bare = expr
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}/g, ' ')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replace(/\[[^\]]*\]/g, ' ');
  return [...bare.matchAll(/[a-z_][a-z0-9_:]*(?!\s*\()\b(?!\s*\()/gi)]
    .map(([name]) => name)
    .filter((name) => !/^(and|or|unless|offset|bool|inf|nan|by|[0-9].*|[smhdwy])$/i.test(name));
}

const base = (name: string): string => name.replace(/_(bucket|count|sum)$/, '');
const known = (name: string): boolean =>
  [...ours, ...recorded, ...FOREIGN].some((other) => other === name || other === base(name));

test('an expression is read as what it asks for', () => {
  expect(
    metricsIn('sum by (le) (rate(a_bucket{le="b"}[5m])) / (c:d > 0) or vector(0) and e offset 1h > 14.4 * 0.001'),
  ).toEqual(['a_bucket', 'c:d', 'e']);
});

test('every metric of the rules and of the dashboard exists', () => {
  const exprs = (JSON.stringify(dashboard()).match(/"expr":"(?:[^"\\]|\\.)*"/g) ?? []).map(
    (text) => (JSON.parse(`{${text}}`) as { expr: string }).expr,
  );
  expect(exprs.length).toBeGreaterThan(30);
  const asked = [...rules.map(({ expr }) => expr), ...exprs].flatMap(metricsIn);
  expect(asked.length).toBeGreaterThan(60);
  expect([...new Set(asked)].filter((name) => !known(name))).toEqual([]);
});

test('every recording rule is asked for', () => {
  const asked = [...rules.map(({ expr }) => expr), JSON.stringify(dashboard())].join('\n');
  // For alerts of your own (examples/alertmanager, docs/runbooks).
  const forOthers = ['faultline:issues:max'];
  expect(recorded.filter((name) => !asked.includes(name) && !forOthers.includes(name))).toEqual([]);
});

test('every alert says what it means, and where its page is', () => {
  for (const { alert, annotations = {} } of alerts) {
    expect(Object.keys(annotations).sort(), alert).toEqual(['description', 'runbook_url', 'summary']);
    expect(annotations.runbook_url).toBe(`https://faultline.dev/docs/runbooks/${alert}`);
  }
});

test('every alert has a page with the same parts, and every page an alert', () => {
  const pages = globSync('docs/runbooks/*.md', { cwd: root }).map((file) => file.replace(/^.*\/|\.md$/g, ''));
  expect(pages.filter((name) => name !== 'README').sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  const index = read('docs/runbooks/README.md');
  for (const { alert } of alerts) {
    const text = read(`docs/runbooks/${alert}.md`);
    expect(text.startsWith(`# ${alert}\n`), alert).toBe(true);
    expect(
      [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title),
      alert,
    ).toEqual(['Impact', 'Find out', 'Do']);
    expect(index).toContain(`(${alert}.md)`);
  }
});

test('every alert has a unit test in which it fires and one in which it does not', () => {
  const { tests } = parse(read('tests/monitoring/rules.unit.yaml')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
  };
  const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
  for (const { alert } of alerts) {
    const own = cases.filter(({ alertname }) => alertname === alert);
    expect(
      [own.some(({ exp_alerts }) => exp_alerts.length > 0), own.some(({ exp_alerts }) => exp_alerts.length === 0)],
      alert,
    ).toEqual([true, true]);
  }
});

test('the monitors name the jobs that the rules ask for, and ports and a Secret that there are', () => {
  const documents = (path: string) => parseAllDocuments(read(path)).map((document) => document.toJS());
  const monitors = documents('manifests/monitoring/monitors.yaml');
  const jobs = new Set(rules.flatMap(({ expr }) => [...expr.matchAll(/job="([a-z-]+)"/g)].map(([, job]) => job)));
  expect(monitors.map(({ spec }) => spec.podMetricsEndpoints[0].relabelings[0].replacement).sort()).toEqual(
    [...jobs].sort(),
  );
  for (const { spec } of monitors) {
    const name = spec.selector.matchLabels['app.kubernetes.io/name'];
    const [deployment] = documents(`manifests/base/${name.replace('faultline-', '')}.yaml`).filter(
      ({ kind }) => kind === 'Deployment',
    );
    expect(deployment.spec.template.metadata.labels['app.kubernetes.io/name']).toBe(name);
    const ports = deployment.spec.template.spec.containers[0].ports.map((port: { name: string }) => port.name);
    expect(ports).toContain(spec.podMetricsEndpoints[0].port);
    // Without it Prometheus would rename the namespace of an issue to exported_namespace.
    expect(spec.podMetricsEndpoints[0].honorLabels).toBe(true);
  }
  const secrets = documents('manifests/monitoring/access.yaml').filter(({ kind }) => kind === 'Secret');
  expect(secrets.map(({ metadata }) => metadata.name)).toContain(
    monitors[0].spec.podMetricsEndpoints[0].authorization.credentials.name,
  );
  expect(existsSync(join(root, 'manifests/monitoring/prometheusrule.yaml'))).toBe(true);
});
