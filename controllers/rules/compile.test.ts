import { describe, expect, test } from 'vitest';
import { compiledRule, faultsOf } from './testing/declared-rule.ts';

const d = '$';
const RULE = `
kind: ClusterIssueRule
metadata: {name: claims}
spec:
  watches: {apiVersion: v1, kind: PersistentVolumeClaim}
  when: object.status.phase == 'Pending'
  findings:
    - key: phase
      type: workload
      severity: major
      reason: Pending
      title: ${d}{object.metadata.name} is pending
`;

describe('a rule', () => {
  test('keeps of its objects what its expressions look at', async () => {
    const rule = await compiledRule(
      RULE.replace('when:', "since: conditions.Ready.lastTransitionTime\n  when: object.data['a.b'] == 'x' ||").replace(
        'title:',
        `description: ${d}{object.metadata.annotations['x.y/z']}\n      title: ${d}{conditions.Ready.message}`,
      ),
    );
    expect(rule.fields).toEqual([
      'data',
      'metadata.annotations.x.y/z',
      'status.conditions.lastTransitionTime',
      'status.conditions.message',
      'status.phase',
    ]);
  });

  test('that looks at the whole object keeps all of it', async () => {
    expect((await compiledRule(RULE.replace('object.status.phase', 'object.status.phase == object'))).fields).toEqual([
      '*',
    ]);
  });

  test('is told all its faults at once, each at its place', async () => {
    const broken = RULE.replace("== 'Pending'", "== 'Pending' && objct.x")
      .replace(`${d}{object.metadata.name}`, `the claim ${d}{object.metadata.name.uper()}`)
      .replace('severity: major', 'severity: medium')
      .replace('reason: Pending', 'reason: is pending')
      .replace('kind: PersistentVolumeClaim', 'kind: Secret');
    expect(await faultsOf(broken)).toEqual([
      'spec.watches.kind: is Secret, which no rule may see',
      'spec.findings[0].severity: must be one of critical, major, minor, info',
      'spec.findings[0].reason: must be one CamelCase word',
      'spec.when 1:37: nothing is called objct; there is object, conditions, now',
      'spec.findings[0].title 1:33: there is no function uper',
    ]);
  });

  test('has a key for each finding', async () => {
    const second = RULE.slice(RULE.indexOf('    - key'));
    expect(await faultsOf(RULE + second)).toEqual([
      'spec.findings[1].key: is already the key of findings[0]: a key is one finding',
    ]);
    expect(await faultsOf(RULE.replace('- key', '- each: object.spec.list\n      key'))).toEqual([
      'spec.findings[0].key: is the same for every item of each: make it of the item',
    ]);
  });

  test('knows item where each is, and nowhere else', async () => {
    const title = RULE.replace(`${d}{object.metadata.name}`, `${d}{item.name}`);
    expect(await faultsOf(title)).toEqual([
      'spec.findings[0].title 1:3: nothing is called item; there is object, conditions, now',
    ]);
    const each = title.replace('- key: phase', `- each: object.spec.list\n      key: ${d}{item.name}`);
    expect(await faultsOf(each)).toEqual([]);
  });

  test('is not longer than anybody writes', async () => {
    const finding = RULE.slice(RULE.indexOf('    - key'));
    const long = Array.from({ length: 19 }, (_, index) =>
      finding.replace('key: phase', `key: k${index}\n      description: "${'x'.repeat(8_000)}"`),
    );
    expect(await faultsOf(RULE + long.join(''))).toEqual([
      expect.stringMatching(/^spec: has \d+ characters; at most 65536/),
    ]);
  });
});
