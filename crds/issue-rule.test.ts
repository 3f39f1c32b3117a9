import { expect, test } from 'vitest';
import { type IssueRule, ruleSource, selectorText, sourceRight } from './issue-rule.ts';
import { issueRuleSchema, ruleFaults } from './issue-rule-schema.ts';
import { SOURCE_NAME } from './names.ts';

const SPEC = {
  watches: { apiVersion: 'apps/v1', kind: 'Deployment' },
  when: 'true',
  findings: [{ key: 'k', type: 'workload', severity: 'major', reason: 'Bad', title: 't' }],
};
const rule = (spec: object = {}, kind = 'IssueRule', metadata: object = { name: 'r', namespace: 'team-a' }) =>
  ({ kind, metadata, spec: { ...SPEC, ...spec } }) as unknown as IssueRule;
const messages = (of: IssueRule): string[] => ruleFaults(of).map(({ path, message }) => `${path.join('.')} ${message}`);

test('durations have defaults', () => {
  const { value } = issueRuleSchema.validate(rule());
  expect((value as IssueRule).spec).toMatchObject({ for: '0s', every: '10m' });
});

test('a rule that is well formed has no faults', () => {
  expect(messages(rule())).toEqual([]);
  expect(messages(rule({ namespace: 'x' }, 'ClusterIssueRule', { name: 'r' }))).toEqual([]);
});

test.each([
  [rule({ watches: { apiVersion: 'v1', kind: 'Secret' } }), 'spec.watches.kind is Secret, which no rule may see'],
  [rule({ watches: { apiVersion: 'faultline.dev/v1alpha1', kind: 'Issue' } }), 'issues about issues never end'],
  [rule({ namespace: 'other' }), 'spec.namespace is of ClusterIssueRules'],
  [rule({ subject: { apiVersion: 'v1', kind: 'X', name: 'x', namespace: 'o' } }), 'spec.subject.namespace is of'],
  [rule({ watches: { ...SPEC.watches, namespaces: ['*'] } }), 'spec.watches.namespaces is of ClusterIssueRules'],
  [
    rule({ watches: { ...SPEC.watches, otherVersions: ['other/v1'] } }),
    'otherVersions.0 is another group than apps/v1',
  ],
  [
    rule({ watches: { ...SPEC.watches, selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } } }),
    'matchExpressions.0.values is empty: In needs values',
  ],
  [rule({}, 'IssueRule', { name: 'r' }), 'metadata.namespace is missing'],
  [rule({}, 'ClusterIssueRule', { name: 'r', namespace: 'a' }), 'metadata.namespace is set'],
  [rule({}, 'ClusterIssueRule', { name: 'x'.repeat(52) }), 'metadata.name must have at most 51 characters'],
])('%# is refused', (declared, message) => {
  expect(messages(declared).join('\n')).toContain(message);
});

test('no IssueRule is called Secret of another group', () => {
  expect(messages(rule({ watches: { apiVersion: 'example.com/v1', kind: 'Secret' } }))).toEqual([]);
});

test('every rule is a source of its own, whatever it is called', () => {
  expect(ruleSource('ClusterIssueRule', { name: 'argocd' })).toBe('clusterrule.argocd');
  expect(ruleSource('IssueRule', { name: 'argo.cd', namespace: 'team-a' })).toBe('rule.team-a.argo.cd');
  const long = ['a', 'b'].map((last) =>
    ruleSource('IssueRule', { name: `${'n'.repeat(50)}${last}`, namespace: 'x'.repeat(63) }),
  );
  expect(new Set(long).size).toBe(2);
  for (const source of long) expect(source).toMatch(SOURCE_NAME);
});

test('the right to speak as a rule has one name', () => {
  expect(['rule.a.b', 'clusterrule.x', 'receiver.x', 'tekton-pipelinerun'].map(sourceRight)).toEqual([
    'rule.*',
    'clusterrule.*',
    'receiver.x',
    'tekton-pipelinerun',
  ]);
});

test('a selector becomes the text that the API server reads', () => {
  expect(
    selectorText({
      matchLabels: { app: 'web', empty: '' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'zone', operator: 'NotIn', values: ['c'] },
        { key: 'x', operator: 'Exists' },
        { key: 'y', operator: 'DoesNotExist' },
      ],
    }),
  ).toBe('app=web,empty=,tier in (a,b),zone notin (c),x,!y');
});
