import { expect, test } from 'vitest';
import { issueFields, issueObject, servedLabels, storedFields } from './issue-object.ts';
import { activeIssue, ref } from './samples.contract.ts';
import { resolveIssue } from './transitions.ts';

const at = Date.UTC(2026, 10, 21, 7, 33, 45, 678) * 1_000;
const issue = activeIssue(ref('frontend', { aspect: 'build/push/main' }), at, { change: 42, id: 'kite', uid: 'uid' });

test('L4 an issue is served with names, labels and times as Kubernetes has them', () => {
  expect(issueObject(issue)).toEqual({
    apiVersion: 'faultline.dev/v1alpha1',
    kind: 'Issue',
    metadata: {
      name: issue.name,
      namespace: 'team-a',
      uid: 'uid',
      resourceVersion: '42',
      creationTimestamp: '2026-11-21T07:33:45Z',
      generation: 1,
      labels: {
        application: 'shop',
        'faultline.dev/severity': 'major',
        'faultline.dev/source': 'tekton-pipelinerun',
        'faultline.dev/stage': 'releasable',
        'faultline.dev/state': 'Active',
        'faultline.dev/subject-kind': 'Component',
        'faultline.dev/type': 'build',
      },
    },
    spec: issue.spec,
    status: {
      state: 'Active',
      openedAt: '2026-11-21T07:33:45Z',
      firstSeenAt: '2026-11-21T07:33:45Z',
      lastSeenAt: '2026-11-21T07:33:45Z',
      occurrences: 1,
      reopened: 0,
      observed: issue.observed,
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'Active', status: 'True' })]),
    },
  });
});

test('what is not known is absent, not null', () => {
  const { status } = issueObject(issue);
  expect(Object.keys(status)).not.toEqual(expect.arrayContaining(['resolvedAt']));
  const resolved = resolveIssue(issue, { at, now: at, reason: 'Expired' }).issue;
  expect(issueObject(resolved).status).toMatchObject({ resolvedAt: '2026-11-21T07:33:45Z', resolvedReason: 'Expired' });
});

test('L5 a value that is no valid label value is left out, and a field selector still serves it', () => {
  const spec = { ...issue.spec, type: 'x'.repeat(64) };
  const longest = `${'a'.repeat(253)}/ok`;
  const labels = { 'not a key': 'x', [`a${longest}`]: 'x', [longest]: '', component: 'ümlaut', 'example.com/ok': '' };
  const odd = { ...issue, spec, labels };
  expect(servedLabels(odd)).toEqual({
    [longest]: '',
    'example.com/ok': '',
    'faultline.dev/severity': 'major',
    'faultline.dev/source': 'tekton-pipelinerun',
    'faultline.dev/state': 'Active',
    'faultline.dev/subject-kind': 'Component',
  });
  expect(issueFields(issueObject(odd))['spec.type']).toBe('x'.repeat(64));
});

test('a plugin cannot speak in our labels', () => {
  const labels = { 'faultline.dev/severity': 'critical', 'faultline.dev/state': 'Resolved' };
  expect(servedLabels({ ...issue, labels })).toMatchObject({
    ...{ 'faultline.dev/severity': 'major', 'faultline.dev/state': 'Active' },
  });
});

test('the selectable fields are those of the contract, and a missing one is empty', () => {
  const { observed: _, ...unobserved } = issue;
  for (const each of [issue, unobserved]) expect(storedFields(each)).toEqual(issueFields(issueObject(each)));
  expect(issueFields(issueObject(unobserved))).toEqual({
    'metadata.name': issue.name,
    'metadata.namespace': 'team-a',
    'status.state': 'Active',
    'spec.severity': 'major',
    'spec.type': 'build',
    'spec.source': 'tekton-pipelinerun',
    'spec.reason': 'TaskRunFailed',
    'spec.subject.kind': 'Component',
    'spec.subject.name': 'frontend',
    'status.observed.name': '',
    'status.observed.uid': '',
  });
});
