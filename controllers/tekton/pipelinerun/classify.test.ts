import { describe, expect, test } from 'vitest';
import { finding, KONFLUX, PAC, PUSH, run, withOptions } from './samples.contract.ts';

describe('classification', () => {
  const pull = {
    ...KONFLUX,
    [`${PAC}event-type`]: 'pull_request',
    [`${PAC}pull-request`]: '18',
    [`${PAC}sender`]: 'mona',
  };

  test('what stops one change is minor and development, what stops shipping is major and releasable', async () => {
    expect(await finding(run({ labels: pull }))).toMatchObject({
      severity: 'minor',
      labels: {
        'faultline.dev/stage': 'development',
        'faultline.dev/origin': 'user',
        'faultline.dev/application': 'shop',
      },
    });
    expect(await finding(run())).toMatchObject({ severity: 'major', labels: { 'faultline.dev/stage': 'releasable' } });
    const release = { 'pipelines.appstudio.openshift.io/type': 'tenant', 'appstudio.openshift.io/application': 'shop' };
    expect(await finding(run({ labels: release }))).toMatchObject({ type: 'release', severity: 'critical' });
    expect((await finding(run({ labels: {} }))).labels).toEqual({});
  });

  test.each([
    [{ [`${PAC}source-branch`]: 'konflux/mintmaker/main/go-1.x' }, 'mona'],
    [{ [`${PAC}sha-title`]: 'Merge pull request #7 from org/konflux/mintmaker/main/go-1.x' }, 'mona'],
    [{}, 'renovate__bot'],
  ])('%j from %s is of the dependency bot', async (annotations, sender) => {
    const labels = { ...pull, [`${PAC}sender`]: sender };
    expect((await finding(run({ labels, annotations }))).labels).toMatchObject({ 'faultline.dev/origin': 'mintmaker' });
  });

  test('a run names its group by an annotation, of any text that fits in one line', async () => {
    const grouped = async (group: string) =>
      (await finding(run({ annotations: { 'faultline.dev/group': group } }))).group;
    expect(await grouped('ubi9/go-toolset:1.24')).toBe('ubi9/go-toolset:1.24');
    expect(await grouped(' two\nlines ')).toBe('two lines');
    expect(await grouped('x'.repeat(400))).toHaveLength(253);
    expect(await grouped('  ')).toBeUndefined();
    expect(await finding(run())).not.toHaveProperty('group');
  });

  test('the build of a security update is grouped by its CVE; that a person names one says nothing', async () => {
    const annotations = { [`${PAC}sha-title`]: 'fix(deps): update lodash [SECURITY] (CVE-2026-1234)' };
    const grouped = async (sender: string) =>
      (await finding(run({ labels: { ...KONFLUX, ...PUSH, [`${PAC}sender`]: sender }, annotations }))).group;
    expect([await grouped('konflux-mintmaker[bot]'), await grouped('mona')]).toEqual(['CVE-2026-1234', undefined]);
  });

  test('an override beats the label of the run, which beats the default', async () => {
    const labelled = run({
      labels: { ...KONFLUX, ...PUSH, 'faultline.dev/severity': 'info', 'faultline.dev/stage': 'canary' },
    });
    expect(await finding(labelled)).toMatchObject({ severity: 'info', labels: { 'faultline.dev/stage': 'canary' } });
    const options = withOptions({
      overrides: [
        { labels: { 'appstudio.openshift.io/component': 'payments', absent: '*' }, severity: 'minor' },
        { labels: { 'appstudio.openshift.io/component': '*' }, severity: 'critical', type: 'pipeline' },
      ],
    });
    expect(await finding(labelled, [], options)).toMatchObject({ severity: 'critical', type: 'pipeline' });
    const nonsense = run({ labels: { ...KONFLUX, ...PUSH, 'faultline.dev/severity': 'catastrophic' } });
    expect((await finding(nonsense)).severity).toBe('major');
  });

  test('label values that Kubernetes would refuse are left out', async () => {
    const labels = { ...KONFLUX, ...PUSH, 'appstudio.openshift.io/application': 'a'.repeat(64) };
    expect((await finding(run({ labels }))).labels).not.toHaveProperty('faultline.dev/application');
  });
});
