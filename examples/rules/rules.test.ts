import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseRule, type RuleFile } from '../../cli/rule/read-rule.ts';
import { tryRule } from '../../cli/rule/try-rule.ts';
import { startCommand } from '../../cli/testing/running-command.ts';
import type { ClusterObject } from '../../controllers/runtime/index.ts';

/** Every shipped rule, with objects in the form that their operators document: what it says of each is in expected/. */

const folder = import.meta.dirname;
const NOW = '2026-11-21T09:00:00Z';
const text = (file: string): string => readFileSync(join(folder, file), 'utf8');
const names = globSync('*.yaml', { cwd: folder })
  .map((file) => basename(file, '.yaml'))
  .sort();

test('every rule has objects and what it says of them', () => {
  expect(names.length).toBeGreaterThanOrEqual(8);
  for (const kind of ['objects/*.yaml', 'expected/*.txt']) {
    const found = globSync(kind, { cwd: folder }).map((file) => basename(file).replace(/\.\w+$/, ''));
    expect(found.sort()).toEqual(names);
  }
});

describe('faultline rule test', () => {
  test.each(names)('%s', async (name) => {
    const argv = ['rule', 'test', `${name}.yaml`, `objects/${name}.yaml`, '--now', NOW];
    const command = startCommand(argv, { directory: folder });
    expect([await command.exitCode, command.err.text()]).toEqual([0, '']);
    expect(command.out.text()).toBe(text(`expected/${name}.txt`));
    expect(command.out.text()).toMatch(/: fails/);
  });
});

/** An object of which parts are missing or of another form: what an operator's next version does. */
const damaged = (value: unknown): fc.Arbitrary<unknown> => {
  if (typeof value !== 'object' || value === null) {
    return fc.oneof({ weight: 12, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.jsonValue() });
  }
  if (Array.isArray(value)) return fc.tuple(...value.map(damaged));
  const members = Object.entries(value).map(([name, member]) => [name, damaged(member)] as const);
  const record = fc.record(Object.fromEntries(members), { requiredKeys: [] });
  return fc.oneof({ weight: 12, arbitrary: record }, { weight: 1, arbitrary: fc.jsonValue() });
};

test('a rule is total: whatever an object holds, there is a verdict, none, or a fault with its expression', async () => {
  const cases: { file: RuleFile; object: ClusterObject }[] = [];
  for (const name of names) {
    const file = await parseRule(`${name}.yaml`, text(`${name}.yaml`));
    for (const document of parseAllDocuments(text(`objects/${name}.yaml`))) {
      cases.push({ file, object: document.toJS() as ClusterObject });
    }
  }
  const looked = fc.constantFrom(...cases).chain(({ file, object: { apiVersion, kind, metadata, ...rest } }) =>
    fc.record({ file: fc.constant(file), rest: damaged(rest) }).map(({ file: rule, rest: parts }) => ({
      rule: rule.rule,
      object: { ...(parts as object), apiVersion, kind, metadata } as ClusterObject,
    })),
  );
  await fc.assert(
    fc.asyncProperty(looked, async ({ rule, object }) => {
      for (const { left, look, report, fault } of await tryRule(rule, [object], { now: Date.parse(NOW) })) {
        if (left !== undefined || look?.verdict === 'held') continue;
        expect(report !== undefined || fault !== undefined).toBe(true);
        if (fault !== undefined) expect(fault.path[0]).toBe('spec');
      }
    }),
    { numRuns: 500 },
  );
});
