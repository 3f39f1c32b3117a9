import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ISSUE_ACKNOWLEDGEMENT_NAMES } from '../../../crds/issue-acknowledgement.ts';
import { ISSUE_RESOLUTION_NAMES } from '../../../crds/issue-resolution.ts';
import { ISSUE_SNOOZE_NAMES } from '../../../crds/issue-snooze.ts';
import type { Source } from '../source/source.ts';
import { type FakeApi, fakeApi } from '../testing/api-server.ts';
import { issueOf, MORNING, NOW } from '../testing/issues.ts';
import { ACT_KINDS, specOf } from './act.ts';
import { clusterSource } from './cluster-source.ts';
import { controllerMetrics } from './controller-metrics.ts';

const { signal } = new AbortController();
const KEY = 'checkout/component-payments-mfrggzdf';
let api: FakeApi;
let source: Source;
beforeEach(async () => {
  api = await fakeApi(MORNING.slice(0, 2));
  const connection = { server: api.url, name: 'work', headers: async () => ({}) };
  source = await clusterSource({ connect: async () => connection, signal, now: () => NOW });
});
afterEach(() => api[Symbol.asyncDispose]());

const bodies = () => api.asked.map(({ method, url, body }) => [method, url, body]);
const about = (kind: 'issue' | 'evidence' | 'subject' | 'ledger') =>
  ({ kind, namespace: 'checkout', name: 'component-payments-mfrggzdf', asOf: undefined }) as const;

describe('what people do', () => {
  it('is POSTed to the subresource as the kind of the crds room', async () => {
    expect(ACT_KINDS).toEqual({
      resolve: ISSUE_RESOLUTION_NAMES.kind,
      acknowledge: ISSUE_ACKNOWLEDGEMENT_NAMES.kind,
      snooze: ISSUE_SNOOZE_NAMES.kind,
    });
    api.answers = () => ({ status: { snoozedUntil: '2026-11-21T11:00:00Z', resolvedReason: 'Recovered' } });
    expect(await source.act('acknowledge', KEY, '', signal)).toBe('acknowledged');
    expect(await source.act('snooze', KEY, '2h a flake', signal)).toBe('snoozed until 2026-11-21T11:00:00Z');
    expect(await source.act('resolve', KEY, 'done', signal)).toBe('was over before: Recovered');
    const path = '/apis/faultline.dev/v1alpha1/namespaces/checkout/issues/component-payments-mfrggzdf';
    const of = (kind: string, spec: object) => ({ apiVersion: 'faultline.dev/v1alpha1', kind, spec });
    expect(bodies()).toEqual([
      ['POST', `${path}/acknowledge`, of('IssueAcknowledgement', {})],
      ['POST', `${path}/snooze`, of('IssueSnooze', { duration: '2h', comment: 'a flake' })],
      ['POST', `${path}/resolve`, of('IssueResolution', { comment: 'done' })],
    ]);
  });

  it('a snooze says how long first', () => {
    expect(() => specOf('snooze', 'waiting')).toThrow('say how long first, then why');
  });

  it('whether they may is asked of the cluster, for the subresource and the namespace', async () => {
    api.answers = (_, body) => ({ status: { allowed: JSON.stringify(body).includes('"subresource":"snooze"') } });
    expect(await source.may('snooze', 'checkout', signal)).toBe(true);
    expect(await source.may('resolve', 'checkout', signal)).toBe(false);
    expect(api.asked[0]?.body).toMatchObject({
      spec: {
        resourceAttributes: {
          group: 'faultline.dev',
          resource: 'issues',
          subresource: 'snooze',
          verb: 'create',
          namespace: 'checkout',
        },
      },
    });
  });
});

describe('connections', () => {
  it('are kept for the next question, and closed at the end', async () => {
    api.answers = () => ({ status: { allowed: true } });
    for (let at = 0; at < 5; at++) {
      expect(await source.may('resolve', 'shop', signal)).toBe(true);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([api.asked.length, api.connections()]).toEqual([5, 1]);
    await source[Symbol.asyncDispose]();
  });
});

describe('credentials', () => {
  it('that are refused are read again from the kubeconfig, and the question is asked once more', async () => {
    let token = 'old';
    const connect = async () => {
      const now = token;
      return { server: api.url, name: 'work', headers: async () => ({ authorization: `Bearer ${now}` }) };
    };
    const renewed = await clusterSource({ connect, signal, now: () => NOW });
    token = 'new';
    let asked = 0;
    api.refuse = () => (++asked === 1 ? { status: 401, message: 'Unauthorized' } : undefined);
    expect((await renewed.past(NOW, undefined, signal)).rows).toHaveLength(2);
    expect(api.asked.map(({ authorization }) => authorization)).toEqual(['Bearer old', 'Bearer new']);
  });
});

describe('the kubeconfig', () => {
  const gather = async (source: Source, states: string[]) => {
    const stop = new AbortController();
    const to = {
      connection: ({ kind }: { kind: string }) => void states.push(kind),
      ...{ columns() {}, rows() {}, synced() {}, limited() {} },
    };
    const done = source.follow(to, undefined, stop.signal);
    return async () => {
      stop.abort();
      await done;
    };
  };

  it('is read again when it changed, not for a question nor for a watch that is opened again', async () => {
    let [reads, version] = [0, 'one'];
    const connect = async () => {
      reads++;
      return { server: api.url, name: 'work', headers: async () => ({}) };
    };
    const followed = await clusterSource({ connect, version: async () => version, signal, now: () => NOW });
    const states: string[] = [];
    const end = await gather(followed, states);
    await api.watching(1);
    await Promise.all([followed.past(NOW, undefined, signal), followed.past(NOW, undefined, signal)]);
    api.event('MODIFIED', MORNING.slice(2, 3));
    api.end();
    await api.watching(2);
    expect(reads).toBe(1);
    version = 'two';
    api.event('MODIFIED', MORNING.slice(2, 3));
    api.end();
    await api.watching(3);
    expect(reads).toBe(2);
    await end();
  });

  const renewed = async (connected: (reads: number) => void) => {
    let reads = 0;
    const connect = async () => {
      const now = ++reads;
      connected(now);
      return { server: api.url, name: 'work', headers: async () => ({ authorization: `Bearer ${now}` }) };
    };
    const isOld = () => api.asked.at(-1)?.authorization === 'Bearer 1';
    api.refuse = () => (isOld() ? { status: 401, message: 'Unauthorized' } : undefined);
    return { source: await clusterSource({ connect, signal, now: () => NOW }), reads: () => reads };
  };

  it('is read once for all who are refused at the same time', async () => {
    api.answers = () => ({ status: { allowed: true } });
    const { source, reads } = await renewed(() => {});
    await Promise.all([1, 2, 3, 4].map(() => source.may('resolve', 'shop', signal)));
    expect(reads()).toBe(2);
  });

  it('that cannot be read at that moment is read the next time', async () => {
    const { source } = await renewed((reads) => {
      if (reads === 2) throw new Error('being written');
    });
    await expect(source.past(NOW, undefined, signal)).rejects.toThrow('being written');
    expect((await source.past(NOW, undefined, signal)).rows).toHaveLength(2);
  });
});

describe('documents', () => {
  const issue = issueOf(MORNING[0] as (typeof MORNING)[number]);
  beforeEach(() => {
    api.answers = (url) => {
      if (url.pathname.endsWith('/component-payments-mfrggzdf')) return issue;
      if (url.pathname === '/apis/appstudio.redhat.com/v1alpha1') {
        return {
          resources: [
            { name: 'components', kind: 'Component', namespaced: true },
            { name: 'components/status', kind: 'Component', namespaced: true },
          ],
        };
      }
      if (url.pathname.endsWith('/components/component-payments')) {
        return {
          kind: 'Component',
          metadata: { name: 'component-payments', managedFields: [{ manager: 'x' }] },
          spec: { a: '\u001b[2J' },
        };
      }
      return undefined;
    };
  });

  it('an issue is described as faultline describe does, and what cannot be had is said', async () => {
    const lines = await source.document(about('issue'), signal);
    expect(lines[0]).toBe('payments: build fails: unit tests, exit code 1');
    expect(lines).toContain('Evidence: none was recorded');
    expect(lines.some((line) => line.startsWith('Timeline: '))).toBe(true);
  });

  it('the owners of what was looked at are followed as far as they can be read', async () => {
    const answers = api.answers;
    const owners = (kind: string, name: string) => ({
      metadata: {
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Other', name: 'x' },
          { apiVersion: 'apps/v1', kind, name, controller: true },
        ],
      },
    });
    api.answers = (url, body) => {
      if (url.pathname.endsWith('/components/component-payments')) return owners('ReplicaSet', 'web-1');
      if (url.pathname === '/apis/apps/v1')
        return { resources: [{ name: 'replicasets', kind: 'ReplicaSet', namespaced: true }] };
      if (url.pathname.endsWith('/replicasets/web-1')) return owners('Deployment', 'web\u001b[2J');
      return answers(url, body);
    };
    const lines = await source.document(about('issue'), signal);
    expect(lines.slice(lines.indexOf('Owners:'))).toEqual([
      ...['Owners:', '  Component/component-payments', '    of ReplicaSet/web-1', '      of Deployment/web'],
    ]);
  });

  it('the subject is found by discovery and shown as YAML without what nobody reads', async () => {
    const lines = await source.document(about('subject'), signal);
    expect(lines).toContain('  name: component-payments');
    expect(lines.join('\n')).not.toMatch(/managedFields|\u001b/);
  });

  it('a kind that the server does not have, and evidence that there is not, are one line', async () => {
    const answers = api.answers;
    api.answers = (url, body) => (url.pathname.startsWith('/apis/appstudio') ? undefined : answers(url, body));
    await expect(source.document(about('subject'), signal)).rejects.toThrow(
      'Component component-payments: this API server does not serve appstudio.redhat.com/v1alpha1 Component',
    );
    expect((await source.document(about('evidence'), signal))[0]).toMatch(/^No evidence was recorded/);
  });

  it('a group is told as faultline groups does', async () => {
    const spec = { group: 'CVE-2026-1', origin: 'Reported', title: 'one \u001b[2JCVE', severity: 'major' };
    const status = {
      ...{ state: 'Active', openedAt: '2026-11-21T08:00:00Z', open: 1, resolved: 0, openNamespaces: 1 },
      ...{ namespaces: [{ namespace: 'shop', open: 1 }], reasons: [{ reason: 'Vulnerable', open: 1 }], days: [] },
      members: [{ namespace: 'shop', name: 'component-a', severity: 'major', reason: 'Vulnerable' }],
    };
    api.answers = () => ({ metadata: { name: 'g' }, spec, status });
    const lines = await source.document({ kind: 'group', name: 'g' }, signal);
    expect(lines[0]).toBe('one CVE');
    expect(lines.join('\n')).toMatch(/Open members, the worst first:\n +shop\/component-a +major +Vulnerable/);
  });

  it('the ledger is asked about the object that was looked at', async () => {
    const answers = api.answers;
    const status = {
      resource: { group: 'appstudio.redhat.com', resource: 'components', kind: 'Component', namespaced: true },
      processes: [],
      silent: [],
      controllers: [],
      message: 'nobody watches it',
    };
    api.answers = (url, body) =>
      url.pathname.endsWith('/explanations') ? { ...(body as object), status } : answers(url, body);
    expect(await source.document(about('ledger'), signal)).toEqual([
      'Component.appstudio.redhat.com component-payments in namespace checkout',
      'nobody watches it',
    ]);
  });
});

describe('the past, groups and controllers', () => {
  it('a moment is listed as of then', async () => {
    const { rows } = await source.past(NOW - 3_600_000, 'checkout', signal);
    expect(rows).toHaveLength(2);
    expect(api.asked[0]?.url).toMatch(/namespaces\/checkout\/issues\?asOf=2026-11-21T08%3A00%3A00.000Z/);
  });

  it('a server without groups says so in the table', async () => {
    expect(await source.groups(signal)).toMatchObject({ rows: [], remarks: [expect.stringContaining('issuegroups')] });
  });

  it('what cannot be read of controllers is said', async () => {
    expect((await source.controllers(signal))[0]).toMatch(/this API server does not have them/);
  });

  it('the metrics of faultline up are read as lines', () => {
    const metrics = [
      '# HELP faultline_objects objects',
      'faultline_objects{controller="tekton",outcome="healthy"} 6',
      'faultline_objects{controller="tekton",outcome="failing"} 16',
      'faultline_objects{controller="tekton",outcome="failed"} 0',
      'workqueue_depth{name="tekton",controller="tekton"} 0',
      'process_cpu_seconds_total 1.5',
    ].join('\n');
    expect(controllerMetrics(metrics)).toEqual(['tekton: 6 healthy, 16 failing, 0 queued']);
  });
});
