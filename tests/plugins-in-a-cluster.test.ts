import { exec } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { startCommand } from '../cli/testing/running-command.ts';
import { configurationSchema } from '../crds/configuration.ts';

/** docs/plugins-in-a-cluster.md: what it shows is what works. */
const page = await readFile(join(import.meta.dirname, '../docs/plugins-in-a-cluster.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text]) => text as string);
const block = (first: string): string => {
  const found = [...blocks('yaml'), ...blocks('ts')].find((text) => text.split('\n')[0]?.includes(first));
  if (found === undefined) throw new Error(`no block begins with ${first}`);
  return found;
};

interface Base {
  kind: string;
  metadata: { name: string };
  spec: { template: { spec: { volumes: unknown[]; containers: { volumeMounts: unknown[] }[] } } };
}

test('its configurations are configurations', () => {
  const configurations = blocks('yaml')
    .map((text): unknown => parse(text))
    .filter((value) => (value as { kind?: string }).kind === 'FaultlineConfiguration');
  expect(configurations).toHaveLength(3);
  for (const one of configurations) expect(configurationSchema.validate(one).error).toBeUndefined();
});

test('its overlay adds to what the base has, at the paths where its configuration looks', async () => {
  const overlay = parse(block('kustomization.yaml')) as {
    configMapGenerator: { name: string; files: string[] }[];
    patches: { target: { name: string }; patch: string }[];
  };
  const base = join(import.meta.dirname, '../manifests/base');
  const generated = parse(await readFile(join(base, 'kustomization.yaml'), 'utf8')) as typeof overlay;
  expect(generated.configMapGenerator.map(({ name }) => name)).toContain(overlay.configMapGenerator[0]?.name);
  const [patch] = overlay.patches;
  const objects = parseAllDocuments(await readFile(join(base, 'controllers.yaml'), 'utf8')).map(
    (one) => one.toJS() as Base,
  );
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as Base;
  expect(deployment.metadata.name).toBe(patch?.target.name);
  const [volume, mount] = parse(patch?.patch ?? '') as { path: string; value: { name: string; mountPath?: string } }[];
  const { spec } = deployment.spec.template;
  expect([spec.volumes.length, spec.containers[0]?.volumeMounts.length].every((length) => (length ?? 0) > 0)).toBe(
    true,
  );
  expect(volume).toMatchObject({
    path: '/spec/template/spec/volumes/-',
    value: { configMap: { name: 'faultline-plugins' } },
  });
  expect(mount).toMatchObject({
    path: '/spec/template/spec/containers/0/volumeMounts/-',
    value: { name: volume?.value.name },
  });
  const { controllers } = parse(block('# faultline.yaml')) as { controllers: { use: string }[] };
  const [file] = overlay.configMapGenerator[1]?.files ?? [];
  expect(controllers.at(-1)?.use).toBe(`${mount?.value.mountPath}/${file}`);
});

test('its plugin says what it says', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-docs-'));
  try {
    await writeFile(join(folder, 'pods.ts'), block('// pods.ts'));
    const configuration = block('# faultline.yaml').replace('/etc/faultline-plugins/', `${folder}/`);
    await writeFile(join(folder, 'faultline.yaml'), configuration);
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'job-1', namespace: 'shop', uid: 'u' },
      status: { phase: 'Failed', message: 'evicted' },
    };
    await writeFile(join(folder, 'pod.json'), JSON.stringify(pod));
    await using command = startCommand(['replay', 'pod.json'], { directory: folder });
    expect(await command.exitCode).toBe(0);
    expect(command.out.text()).toContain('Pod job-1 failed: evicted');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('its commands print the rights of the plugin where it lies, not where the cluster has it', {
  timeout: 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-docs-'));
  try {
    await writeFile(join(folder, 'pods.ts'), block('// pods.ts'));
    await writeFile(join(folder, 'faultline.yaml'), block('# faultline.yaml'));
    const [edit = '', print = ''] = blocks('sh')[0]?.split('\n') ?? [];
    await promisify(exec)(edit, { cwd: folder });
    const typed = /^faultline (.*) \| kubectl apply -f -$/.exec(print)?.[1] ?? '';
    await using command = startCommand(typed.split(' '), { directory: folder });
    expect([await command.exitCode, command.err.text()]).toEqual([0, '']);
    expect(command.out.text()).toMatch(/resources:.*pods/s);
    expect(command.out.text()).toContain('namespace: faultline-system');
  } finally {
    await rm(folder, { recursive: true });
  }
});
