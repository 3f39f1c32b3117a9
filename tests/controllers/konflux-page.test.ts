import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { BUILT_INS } from '../../cli/configuration/controllers.ts';
import { type ControllerEntry, loadControllers } from '../../controllers/runtime/index.ts';
import { configurationSchema } from '../../crds/configuration.ts';

test('the configuration of docs/konflux.md is one, and its controllers load with their options', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/konflux.md'), 'utf8');
  const block = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';
  const { error, value } = configurationSchema.validate(parse(block), { abortEarly: false });
  expect(error).toBeUndefined();
  const entries = (value as { controllers: ControllerEntry[] }).controllers;
  const { controllers, faults } = await loadControllers(entries, { baseDir: '/', builtins: BUILT_INS });
  expect(faults).toEqual([]);
  const konflux = [...BUILT_INS.keys()].filter((use) => use.startsWith('konflux/'));
  expect(controllers.map(({ use }) => use)).toEqual(expect.arrayContaining(konflux));
});
