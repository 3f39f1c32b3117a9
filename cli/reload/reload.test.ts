import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Issue } from '../../crds/issue.ts';
import { type ApiClient, apiClient } from '../testing/api-client.ts';
import { startCommand } from '../testing/running-command.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'faultline-reload-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** As editors do: a new file takes the place of the old one. */
async function write(name: string, content: string | object): Promise<void> {
  const path = join(root, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(`${path}.tmp`, typeof content === 'string' ? content : stringify(content));
  await rename(`${path}.tmp`, path);
}

const configuration = (...controllers: object[]): object => ({
  apiVersion: 'config.faultline.dev/v1alpha1',
  kind: 'FaultlineConfiguration',
  cluster: { folder: './cluster' },
  controllers,
});
const deployment = (name: string): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop', uid: name, labels: { app: name } },
});
const words = (text: string): string => `export const word: string = '${text}';\n`;
const plugin = `
import { defineController } from 'faultline/controllers';
import { word } from './words.ts';
export default defineController({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'apps/v1', kind: 'Deployment' },
  order: 'state',
  onDelete: 'resolve',
  observe: ({ metadata: { name, namespace = '' } }) => ({
    subject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name },
    findings: [{ key: 'word', type: 'workload', severity: 'minor', reason: 'Said', title: name + ' ' + word }],
  }),
});
`;
const LOCAL = { use: './plugins/deployments.ts' };
const TEKTON = { use: 'tekton/pipelinerun' };

async function reached(client: ApiClient, wanted: (issues: Issue[]) => boolean): Promise<Issue[]> {
  let issues: Issue[] = [];
  await expect
    .poll(async () => {
      issues = (await client.issues()) as Issue[];
      return wanted(issues) || issues.map(({ spec, status }) => [spec.title, status]);
    })
    .toBe(true);
  return issues;
}

const titles = (issues: readonly Issue[]): (string | undefined)[] => issues.map(({ spec }) => spec.title).sort();
const are =
  (...expected: string[]) =>
  (issues: readonly Issue[]): boolean =>
    JSON.stringify(titles(issues)) === JSON.stringify(expected);

describe('editing the configuration and a local plugin while faultline up runs', { timeout: 150_000 }, () => {
  it('applies what is right, keeps what ran where it is broken, and leaves the others alone', async () => {
    await write('cluster/one.yaml', deployment('one'));
    await write('plugins/words.ts', words('first'));
    await write('plugins/deployments.ts', plugin);
    await write('faultline.yaml', configuration(TEKTON, LOCAL));
    const stateDir = join(root, 'state');
    await using command = startCommand(
      ['up', '--state-dir', stateDir, '--listen', '127.0.0.1:0', '--log-level', 'info'],
      {
        directory: root,
      },
    );
    await command.printed('get issues -A -w');
    await using client = await apiClient(join(stateDir, 'kubeconfig'));
    await reached(client, are('one first'));
    const metric = async (line: RegExp): Promise<string | undefined> => line.exec(await client.text('/metrics'))?.[1];
    const successful = () => metric(/^faultline_config_last_reload_successful (\d)$/m);
    expect(await successful()).toBe('1');

    // What the plugin imports is the plugin.
    await write('plugins/words.ts', words('second'));
    await reached(client, are('one second'));

    await write('plugins/deployments.ts', plugin.replace('export default', 'export default {{'));
    await command.printed('the edit is not applied: what ran before goes on');
    expect(command.err.text()).toMatch(/controllers\[1\]\.use: cannot be loaded: \S+deployments\.ts:4: /);
    await expect.poll(successful).toBe('0');
    await write('cluster/two.yaml', deployment('two'));
    await reached(client, are('one second', 'two second'));

    await write('plugins/deployments.ts', plugin.replace("' ' + word", "' and ' + word"));
    await reached(client, are('one and second', 'two and second'));
    expect(await successful()).toBe('1');

    // Another controller beside it: nobody is looked at again for that.
    const looks = () =>
      metric(/^controller_runtime_reconcile_total\{controller="deployments",result="success"\} (\d+)$/m);
    const before = await looks();
    const again = { ...LOCAL, name: 'again', namespaces: ['shop'] };
    await write('faultline.yaml', configuration(LOCAL, again));
    const both = await reached(client, (issues) => issues.length === 4);
    expect(new Set(both.map(({ spec }) => spec.source))).toEqual(new Set(['deployments', 'again']));
    expect(await looks()).toBe(before);

    // Who is named no more is absent (row 8); a mistake in the file names its place and changes nothing.
    await write('faultline.yaml', configuration({ ...again, concurency: 3 }));
    await command.printed(/faultline\.yaml:\d+:\d+: controllers\[0\]\.concurency: unknown key; did you mean/);
    expect(await client.issues()).toHaveLength(4);
    await write('faultline.yaml', configuration(again));
    const absent = ({ status }: Issue): boolean =>
      JSON.stringify(status.conditions).includes('"SourceAbsent","status":"True"');
    await reached(client, (issues) => issues.filter(absent).length === 2);
    expect(await command.stop()).toBe(0);
  });
});
