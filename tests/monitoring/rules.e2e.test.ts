import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { goTool, PROMETHEUS } from '../tools/go-tools.ts';

/** The rules and the examples as Prometheus and Alertmanager read them. `node tests/tools/build.ts` builds both tools. */
const root = join(import.meta.dirname, '../..');

async function run(tool: string, ...args: string[]): Promise<string> {
  const path = await goTool(PROMETHEUS, tool);
  const { stdout, stderr } = await promisify(execFile)(path, args, { cwd: root });
  return stdout + stderr;
}

test('promtool accepts the rules', async () => {
  const said = await run('promtool', 'check', 'rules', '--lint=all', '--lint-fatal', 'manifests/monitoring/rules.yaml');
  expect(said).toMatch(/SUCCESS: \d+ rules found/);
  expect(
    await run('promtool', 'check', 'rules', '--lint=all', '--lint-fatal', 'examples/alertmanager/rules.yaml'),
  ).toMatch(/SUCCESS: \d+ rules found/);
});

test('every alert fires when it shall, and not before', async () => {
  expect(await run('promtool', 'test', 'rules', 'tests/monitoring/rules.unit.yaml')).toContain('SUCCESS');
});

test('amtool accepts the example of Alertmanager, and sends each alert to its people', async () => {
  const file = 'examples/alertmanager/alertmanager.yaml';
  expect(await run('amtool', 'check-config', file)).toContain('SUCCESS');
  const routed = async (...labels: string[]): Promise<string> =>
    (await run('amtool', 'config', 'routes', 'test', `--config.file=${file}`, ...labels)).trim();
  expect(await routed('alertname=FaultlineIssues', 'namespace=shop', 'severity=critical')).toBe('team-shop');
  expect(await routed('alertname=FaultlineIssues', 'namespace=bank', 'severity=critical')).toBe('issues');
  expect(await routed('alertname=FaultlineNobodyLeads', 'severity=critical')).toBe('platform');
  expect(await routed('alertname=FaultlineEventsLost', 'severity=info')).toBe('nobody');
});
