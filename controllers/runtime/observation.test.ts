import { describe, expect, it } from 'vitest';
import type { Finding } from '../../crds/report.ts';
import type { ClusterObject } from './object.ts';
import { deletionOf, isUndecided, type Look, observationsOf, reportOf } from './observation.ts';
import type { Observation } from './plugin.ts';

const object: ClusterObject = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j', namespace: 'ns', uid: 'u', creationTimestamp: '2026-11-21T06:00:00Z' },
  status: { conditions: [{ type: 'Failed', status: 'True', lastTransitionTime: '2026-11-21T06:30:00Z' }] },
};
const look: Look = {
  source: 's',
  order: 'run',
  object,
  epoch: 2,
  sequence: 3,
  detail: 4,
  clusterScopedNamespace: 'home',
  crossNamespaceText: false,
  live: true,
};
const subject = { apiVersion: 'v1', kind: 'App', namespace: 'ns', name: 'app' };
const finding: Finding = { key: 'run', type: 'build', severity: 'major', reason: 'Failed', title: 'failed' };
const observation = (rest: Partial<Observation> = {}): Observation => ({ subject, findings: [finding], ...rest });
const found = (raw: object): Finding => {
  const { body } = reportOf(observation({ findings: [{ ...finding, ...raw }] }), look);
  return ('findings' in body ? body.findings[0] : undefined) as Finding;
};

describe('a report', () => {
  it('takes no text out of the namespace of the observed object, unless the plugin declares it', () => {
    const text = {
      description: 'log',
      remediation: { text: 'ask' },
      links: [{ rel: 'log', title: 'x', url: 'https://x/' }],
    };
    const telling = (where: Partial<Observation>, crossNamespaceText = false) => {
      const said = observation({ findings: [{ ...finding, ...text } as Finding], ...where });
      const { body, crossNamespaceText: declared } = reportOf(said, { ...look, crossNamespaceText });
      return { declared, finding: 'findings' in body ? body.findings[0] : undefined };
    };
    expect(telling({}).finding).toMatchObject({ title: 'failed', ...text });
    expect(telling({ namespace: 'tenant' })).toEqual({ declared: undefined, finding: { ...finding, title: 'Failed' } });
    expect(telling({ namespace: 'tenant' }, true)).toMatchObject({
      declared: true,
      finding: { title: 'failed', ...text },
    });
  });

  it('takes its times from the observation, else from the object, else leaves them out', () => {
    expect(reportOf(observation(), look).order).toEqual({
      class: 'run',
      completedAt: '2026-11-21T06:30:00Z',
      createdAt: '2026-11-21T06:00:00Z',
      uid: 'u',
      detail: 4,
      epoch: 2,
      sequence: 3,
    });
    const said = observation({ completedAt: '2026-11-21T06:40:00Z', detail: 9 });
    expect(reportOf(said, look).order).toMatchObject({ completedAt: '2026-11-21T06:40:00Z', detail: 9 });
    const bare = { ...look, object: { ...object, status: 'odd', metadata: { name: 'j', namespace: 'ns' } } };
    expect(reportOf(observation(), bare).order).toEqual({ class: 'run', uid: 'j', detail: 4, epoch: 2, sequence: 3 });
  });

  it('prefers completionTime to conditions, and knows which conditions decide', () => {
    const withStatus = (status: object): object =>
      reportOf(observation(), { ...look, object: { ...object, status } }).order;
    const at = (type: string, status: string): object => ({
      conditions: [{ type, status, lastTransitionTime: '2026-11-21T06:30:00Z' }],
    });
    expect(withStatus({ completionTime: '2026-11-21T06:10:00Z', ...at('Failed', 'True') })).toMatchObject({
      completedAt: '2026-11-21T06:10:00Z',
    });
    for (const condition of [at('Succeeded', 'False'), at('Complete', 'True'), at('Ready', 'False')]) {
      expect(withStatus(condition)).toMatchObject({ completedAt: '2026-11-21T06:30:00Z' });
    }
    for (const condition of [at('Succeeded', 'Unknown'), at('Failed', 'False'), at('Other', 'True')]) {
      expect(withStatus(condition)).not.toHaveProperty('completedAt');
    }
  });

  it.each(['yesterday', '2026-02-30T00:00:00Z', 7, null, '2026-11-21'])('leaves out the invalid time %s', (time) => {
    const invalid = { completedAt: time, observedAt: time, expiresAt: time } as unknown as Partial<Observation>;
    const report = reportOf(observation(invalid), { ...look, object: { ...object, status: { completionTime: time } } });
    expect(report).not.toHaveProperty('observedAt');
    expect(report).not.toHaveProperty('expiresAt');
    expect(report.order).not.toHaveProperty('completedAt');
  });

  it('shortens what is endless instead of losing the finding', () => {
    expect(found({ title: 'x'.repeat(5_000) }).title).toHaveLength(200);
    expect(Buffer.byteLength(found({ description: 'ü'.repeat(500_000) }).description ?? '')).toBeLessThanOrEqual(8_192);
    const links = Array.from({ length: 10_000 }, (_, index) => ({
      rel: 'log',
      title: `l${index}`,
      url: `https://x/${index}`,
    }));
    expect(found({ links }).links).toHaveLength(20);
  });

  it('drops links that are none, and characters that a terminal would execute', () => {
    const urls = [
      'javascript:alert(1)',
      'https://ok.example/a?b=c',
      'ftp://x',
      'https://bad example',
      7,
      `https://x/${'y'.repeat(5_000)}`,
    ];
    expect(found({ links: urls.map((url) => ({ rel: 'log', title: 't', url })) }).links).toEqual([
      { rel: 'log', title: 't', url: 'https://ok.example/a?b=c' },
    ]);
    expect(found({ title: 'a\u001b[31mb\u202ec\nd' }).title).toBe('abc d');
  });

  it('expires only when it is a run of a live cluster', () => {
    const expiring = observation({ expiresAt: '2026-12-01T00:00:00Z' });
    expect(reportOf(expiring, look)).toHaveProperty('expiresAt');
    expect(reportOf(expiring, { ...look, live: false })).not.toHaveProperty('expiresAt');
    expect(reportOf(expiring, { ...look, order: 'state' })).not.toHaveProperty('expiresAt');
  });

  it('lives where the observation says, else with its object, else with its subject, else where cluster-scoped ones do', () => {
    const scoped = { ...look, object: { ...object, metadata: { name: 'j' } } };
    const { namespace: _, ...clusterScoped } = subject;
    expect(reportOf(observation({ namespace: 'other' }), look).namespace).toBe('other');
    expect(reportOf(observation(), look).namespace).toBe('ns');
    expect(reportOf(observation(), scoped).namespace).toBe('ns');
    expect(reportOf(observation({ subject: clusterScoped }), scoped).namespace).toBe('home');
  });

  it.each([
    [{ findings: [finding, finding] }, 'body.findings'],
    [{ findings: [{ ...finding, severity: 'awful' }] }, 'body.findings[0].severity'],
    [{ findings: [{ ...finding, extra: 1 }] }, 'body.findings[0].extra'],
    [{ findings: ['text'] }, 'findings[0]'],
    [{ subject: { ...subject, kind: '' } }, 'subject.kind'],
    [{ namespace: 'Not Valid' }, 'namespace'],
  ])('names the path of a fault of the plugin: %#', (rest, path) => {
    expect(() => reportOf(observation(rest as unknown as Partial<Observation>), look)).toThrow(path);
  });

  it('of a deletion of a run has no time, which is for the database to say', () => {
    expect(deletionOf('subject', { namespace: 'ns', subject }, look)).toEqual({
      source: 's',
      namespace: 'ns',
      subject,
      order: { class: 'run', uid: 'u', detail: 0, epoch: 2, sequence: 3 },
      body: { deleted: 'subject' },
    });
  });
});

describe('a verdict', () => {
  it('is told apart by its shape', () => {
    expect(isUndecided({ undecided: 'Running' })).toBe(true);
    expect(isUndecided(observation())).toBe(false);
    expect(observationsOf(observation())).toHaveLength(1);
    expect(observationsOf([])).toEqual([]);
  });

  it('says either what is wrong or that there is no verdict', () => {
    const none = { subject, noVerdict: 'Forgotten', findings: [] };
    expect(observationsOf(none)).toHaveLength(1);
    const both = [observation(), { ...none, findings: [{}] }];
    expect(() => observationsOf(both)).toThrow('an observation[1] with findings and with noVerdict');
  });

  it.each([undefined, null, 'text', 7, {}, { subject }, { findings: [] }, [observation(), null]])(
    'that is none is the fault of the plugin: %j',
    (verdict) => {
      expect(() => observationsOf(verdict)).toThrow('observe() answered');
    },
  );
});
