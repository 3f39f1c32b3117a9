import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { BUILT_INS } from '../../cli/configuration/controllers.ts';
import { type ControllerEntry, loadControllers } from '../../controllers/runtime/index.ts';

const root = join(import.meta.dirname, '../..');
const examples = globSync('docs/controllers/*.md', { cwd: root }).flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/```yaml\n(controllers:\n[\s\S]*?)```/g)].map(
    ([, text = '']) => [page, text] as const,
  ),
);

test('there are examples on the pages', () => {
  expect(examples.map(([page]) => page)).toContain('docs/controllers/conditions.md');
});

test.each(examples)('the example on %s is a configuration', async (_, text) => {
  const { controllers } = parse(text) as { controllers: ControllerEntry[] };
  expect((await loadControllers(controllers, { baseDir: root, builtins: BUILT_INS })).faults).toEqual([]);
});
