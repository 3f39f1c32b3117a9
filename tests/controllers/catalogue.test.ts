import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { BUILT_INS } from '../../cli/configuration/controllers.ts';
import type { ControllerDefinition, ControllerTemplate, Finding, Observation } from '../../controllers/index.ts';
import { entryOf } from '../../controllers/runtime/catalogue.ts';
import { loadObjects, readOver } from '../recorded/read.ts';

/** Every recorded object of this repository, each folder a cluster of its own. */
const root = join(import.meta.dirname, '../..');
const folders = [
  ...new Set(globSync('controllers/**/fixtures/*.yaml', { cwd: root }).map((file) => dirname(file))),
  'examples/cluster',
];
const clusters = folders.map((folder) => loadObjects(join(root, folder)));

/** A template is tried with each of its presets; others need nothing but defaults. */
async function findingsOf(exported: ControllerDefinition | ControllerTemplate): Promise<Finding[]> {
  if (!('create' in exported)) return lookAt(exported, exported.options?.validate({}).value ?? {});
  const presets = [...((exported.options.describe().keys as Keys).preset?.allow ?? [])];
  const all = presets.map((preset) => exported.options.validate({ preset })).filter(({ error }) => !error);
  return (await Promise.all(all.map(({ value }) => lookAt(exported.create(value), value)))).flat();
}

type Keys = Record<string, { allow?: unknown[] }>;

/** As of a live cluster, where what must have lasted is not told at the first look, and as of recorded objects. */
async function lookAt(definition: Omit<ControllerDefinition, 'options'>, options: unknown): Promise<Finding[]> {
  const looks = clusters.flatMap((objects) =>
    objects
      .filter(({ kind }) => kind === definition.watches.kind)
      .flatMap((object) =>
        [true, false].map((live) => definition.observe(object, readOver(object, objects, undefined, live), options)),
      ),
  );
  const verdicts = (await Promise.all(looks)).flat();
  return verdicts.flatMap((verdict) => ('undecided' in verdict ? [] : (verdict as Observation).findings));
}

test.each([...BUILT_INS])('%s has a page, and every finding it makes of what is recorded is on it', async (_, load) => {
  const { default: definition } = (await load()) as { default: ControllerDefinition | ControllerTemplate };
  const { summary, findings: catalogue } = definition.documentation ?? { summary: '', findings: [] };
  expect(summary).toMatch(/\.$/);
  const findings = await findingsOf(definition);
  expect(findings.length).toBeGreaterThan(0);
  expect(findings.filter((finding) => entryOf(catalogue, finding) === undefined)).toEqual([]);
});
