import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordedStreams } from '../testing/recorded-streams.ts';
import { configure } from './controllers.ts';

const d = '$';
const CONFIGURATION = `apiVersion: config.faultline.dev/v1alpha1
kind: FaultlineConfiguration
rules:
  - kind: IssueRule
    metadata: {name: claims, namespace: shop}
    spec:
      watches: {apiVersion: v1, kind: PersistentVolumeClaim}
      when: |
        has(object.status) &&
          object.status.phase == 'Pending'
      findings:
        - {key: phase, type: workload, severity: major, reason: Pending, title: "${d}{object.metadata.name} is pending"}
`;

async function configured(text: string) {
  const directory = await mkdtemp(join(tmpdir(), 'rules-'));
  try {
    await writeFile(join(directory, 'faultline.yaml'), text);
    return await configure(undefined, recordedStreams({ directory }));
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('a rule of faultline.yaml is a controller like the others', async () => {
  const { controllers } = await configured(CONFIGURATION);
  expect(controllers.map(({ name, use, namespaces }) => ({ name, use, namespaces }))).toEqual([
    { name: 'tekton-pipelinerun', use: 'tekton/pipelinerun', namespaces: ['*'] },
    { name: 'rule.shop.claims', use: 'IssueRule shop/claims', namespaces: ['shop'] },
  ]);
});

test('its faults are told at their line and column of the file', async () => {
  const broken = CONFIGURATION.replace('object.status.phase', 'objct.phase').replace('is pending', `${d}{nope}`);
  const twice = `${broken}${CONFIGURATION.slice(CONFIGURATION.indexOf('  - kind: IssueRule'))}`;
  await expect(configured(twice)).rejects.toThrow(
    [
      'faultline.yaml:10:11: rules[0].spec.when: nothing is called objct; there is object, conditions, now',
      'faultline.yaml:12:108: rules[0].spec.findings[0].title: nothing is called nope; there is object, conditions, now',
      'faultline.yaml:14:22: rules[1].metadata.name: is already the name of rules[0]',
    ].join('\n'),
  );
  await expect(configured(CONFIGURATION.replace('kind: Persist', 'kid: Persist'))).rejects.toThrow(
    'rules[0].spec.watches.kid',
  );
});
