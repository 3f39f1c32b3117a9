import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { startCommand } from '../cli/testing/running-command.ts';

/** What the manifests give to the controllers is what `faultline rbac` prints for the configuration that they ship. */
const root = join(import.meta.dirname, '..');
const ACCOUNT = { namespace: 'faultline-system', name: 'faultline-controllers' };

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
  rules?: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }[];
  subjects?: { kind: string; name: string; namespace?: string }[];
  roleRef?: { kind: string; name: string };
}

/** Each thing that is granted, with the namespace where, `*` for all. */
function granted(manifests: readonly Manifest[]): string[] {
  const bound = manifests.filter(({ subjects = [] }) =>
    subjects.some(
      ({ kind, name, namespace }) =>
        kind === 'ServiceAccount' && name === ACCOUNT.name && namespace === ACCOUNT.namespace,
    ),
  );
  const rights = bound.flatMap(({ roleRef, metadata }) => {
    const role = manifests.find(({ kind, metadata: { name } }) => kind === roleRef?.kind && name === roleRef.name);
    return (role?.rules ?? []).flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
      verbs.flatMap((verb) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            resourceNames.map((name) => `${verb} ${resource}.${group} ${name}@${metadata.namespace ?? '*'}`),
          ),
        ),
      ),
    );
  });
  return [...new Set(rights)].sort();
}

const parsed = (text: string): Manifest[] => parseAllDocuments(text).map((document) => document.toJS() as Manifest);

test('manifests and faultline rbac give the controllers the same rights', async () => {
  const files = globSync('manifests/{base,logs}/rbac.yaml', { cwd: root });
  const given = granted(files.flatMap((file) => parsed(readFileSync(join(root, file), 'utf8'))));
  const flags = ['-f', join(root, 'manifests/base/faultline.yaml')];
  const command = startCommand(['rbac', ...flags], { directory: root });
  expect(await command.exitCode, command.err.text()).toBe(0);
  const needed = granted(parsed(command.out.text()));
  expect(needed.length).toBeGreaterThan(10);
  expect(given).toEqual(needed);
});
