import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { BUILT_INS } from '../../cli/configuration/controllers.ts';
import type { ControllerDefinition, Finding, ObjectLike, Observation } from '../../controllers/index.ts';
import { entryOf } from '../../controllers/runtime/catalogue.ts';
import { loadObjects, readOver } from '../recorded/read.ts';

/** Every recorded object of this repository, each folder a cluster of its own. */
const root = join(import.meta.dirname, '../..');
const folders = [
  ...new Set(globSync('controllers/**/fixtures/*.yaml', { cwd: root }).map((file) => dirname(file))),
  'examples/cluster',
];
const clusters = folders.map((folder) => loadObjects(join(root, folder)));

async function findingsOf(definition: ControllerDefinition): Promise<Finding[]> {
  const options = definition.options?.validate({}).value ?? {};
  const looks = clusters.flatMap((objects) =>
    objects
      .filter(({ kind }) => kind === definition.watches.kind)
      .map((object) => definition.observe(object, readOver(object, objects), options)),
  );
  const verdicts = (await Promise.all(looks)).flat();
  return verdicts.flatMap((verdict) => ('undecided' in verdict ? [] : (verdict as Observation).findings));
}

test.each([...BUILT_INS])('%s has a page, and every finding it makes of what is recorded is on it', async (_, load) => {
  const { default: definition } = (await load()) as { default: ControllerDefinition<ObjectLike> };
  const { summary, findings: catalogue } = definition.documentation ?? { summary: '', findings: [] };
  expect(summary).toMatch(/\.$/);
  const findings = await findingsOf(definition);
  expect(findings.length).toBeGreaterThan(0);
  expect(findings.filter((finding) => entryOf(catalogue, finding) === undefined)).toEqual([]);
});
