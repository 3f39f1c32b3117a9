import { describe, expect, it } from 'vitest';
import type { Issue } from '../../crds/issue.ts';
import { type Report, reportSchema } from '../../crds/report.ts';
import { normalize } from '../ingest/normalize.ts';
import { KubeApi } from '../kube/index.ts';
import { ArraySource } from '../kube/testing/array-source.ts';
import { ISSUE_COLUMNS, issuesResource } from './issues.ts';

const definition = issuesResource(new ArraySource<Issue>());

function issue(change: { spec?: Partial<Issue['spec']>; status?: Partial<Issue['status']> } = {}): Issue {
  return {
    apiVersion: 'faultline.dev/v1alpha1',
    kind: 'Issue',
    metadata: {
      name: 'component-web-abcdefgh',
      namespace: 'team-a',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-11-21T07:00:00Z',
    },
    spec: {
      source: 'tekton-pipelinerun',
      subject: {
        apiVersion: 'appstudio.redhat.com/v1alpha1',
        kind: 'Component',
        namespace: 'team-a',
        name: 'web',
        aspect: 'build/push/main',
      },
      key: 'run',
      type: 'build',
      severity: 'critical',
      reason: 'TaskRunFailed',
      title: 'web does not build',
      links: [
        { rel: 'console', title: 'console', url: 'https://console.example' },
        { rel: 'log', title: 'log', url: 'https://log.example' },
      ],
      ...change.spec,
    },
    status: {
      state: 'Active',
      openedAt: '2026-11-21T07:30:00Z',
      firstSeenAt: '2026-11-20T07:00:00Z',
      lastSeenAt: '2026-11-21T07:40:00Z',
      occurrences: 3,
      reopened: 1,
      conditions: [],
      ...change.status,
    },
  };
}

function cells(object: Issue): Record<string, unknown> {
  return Object.fromEntries(ISSUE_COLUMNS.map((column) => [column.name, column.cell(object)]));
}

describe('issues', () => {
  it('shows the columns of the contract, the rest with -o wide', () => {
    const named = (priority: number) =>
      ISSUE_COLUMNS.filter((column) => (column.priority ?? 0) === priority).map(({ name }) => name.toUpperCase());
    expect(named(0)).toEqual(['NAME', 'SEVERITY', 'TYPE', 'STATE', 'SINCE', 'TITLE']);
    expect(named(1)).toEqual([
      ...['SUBJECT', 'REASON', 'SOURCE', 'COUNT', 'REOPENED', 'LAST-SEEN'],
      ...['DURATION', 'FLAPPING', 'ASSIGNEE', 'DUE', 'LINK'],
    ]);
    expect(ISSUE_COLUMNS[0]).toMatchObject({ type: 'string', format: 'name' });
  });

  it('fills them; SINCE is the age of the current episode and LINK the log', () => {
    expect(cells(issue())).toEqual({
      Name: 'component-web-abcdefgh',
      Severity: 'critical',
      Type: 'build',
      State: 'Active',
      Since: { since: '2026-11-21T07:30:00Z' },
      Title: 'web does not build',
      Subject: 'Component/web build/push/main',
      Reason: 'TaskRunFailed',
      Source: 'tekton-pipelinerun',
      Count: 3,
      Reopened: 1,
      'Last-Seen': { since: '2026-11-21T07:40:00Z' },
      Duration: { since: '2026-11-21T07:30:00Z' },
      Flapping: '',
      Assignee: '',
      Due: '',
      Link: 'https://log.example',
    });
  });

  it('DURATION of a resolved one is how long its last episode was, whenever that is read', () => {
    const status = { openedAt: '2026-11-21T07:30:00Z', resolvedAt: '2026-11-21T10:00:00Z' };
    expect(cells(issue({ status })).Duration).toBe('150m');
  });

  it('FLAPPING, ASSIGNEE and DUE show what people and time added; the date of a person before that of the finding', () => {
    const flapping = {
      ...{ type: 'Flapping', status: 'True' as const, reason: 'ReopenedOften', message: '' },
      lastTransitionTime: '2026-11-21T07:30:00Z',
    };
    const spec = { dueAt: '2026-12-24T00:00:00Z' };
    const due = { by: 'ann', at: '2026-12-01T00:00:00Z' };
    expect(cells(issue({ spec, status: { conditions: [flapping], assignee: 'bob', due } }))).toMatchObject({
      ...{ Flapping: 'True', Assignee: 'bob', Due: due.at },
    });
    expect(cells(issue({ spec })).Due).toBe(spec.dueAt);
  });

  it('LINK falls back to the console, then to what there is, and may be empty', () => {
    const link = (...rels: ('console' | 'commit')[]) => ({
      links: rels.map((rel) => ({ rel, title: rel, url: `https://${rel}.example` })),
    });
    expect(cells(issue({ spec: link('commit', 'console') })).Link).toBe('https://console.example');
    expect(cells(issue({ spec: link('commit') })).Link).toBe('https://commit.example');
    expect(cells(issue({ spec: link() })).Link).toBe('');
  });

  it('a subject of another namespace shows it', () => {
    const subject = { apiVersion: 'v1', kind: 'Pod', namespace: 'elsewhere', name: 'p' };
    expect(cells(issue({ spec: { subject } })).Subject).toBe('Pod/elsewhere/p');
    expect(cells(issue({ spec: { subject: { apiVersion: 'v1', kind: 'Node', name: 'x' } } })).Subject).toBe('Node/x');
  });

  it('F4 selects by the fields of the contract; a missing one is left out', () => {
    expect(definition.selectableFields).toEqual([
      'status.state',
      'spec.severity',
      'spec.type',
      'spec.source',
      'spec.reason',
      'spec.subject.kind',
      'spec.subject.name',
      'status.observed.name',
      'status.observed.uid',
    ]);
    const observed = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'run-1', uid: 'u1' };
    expect(definition.fields(issue({ status: { observed } }))).toMatchObject({
      'status.state': 'Active',
      'spec.subject.name': 'web',
      'status.observed.name': 'run-1',
      'status.observed.uid': 'u1',
    });
    expect(definition.fields(issue())).not.toHaveProperty(['status.observed.name']);
  });

  it('D2 is read-only, and says how issues resolve', () => {
    expect(definition).toMatchObject({
      plural: 'issues',
      shortNames: ['iss'],
      categories: ['faultline'],
      namespaced: true,
    });
    expect(definition.create).toBeUndefined();
    expect(definition.readOnlyMessage).toMatch(/read-only.*resolves when/);
  });

  it('W13 the largest issue that a report can make is far below the 16 MiB of an event', () => {
    const text = (length: number) => 'ü'.repeat(length);
    const link = { rel: 'log', title: text(10_000), url: `https://log.example/${'x'.repeat(4_000)}` } as const;
    const value = 'x'.repeat(1_024);
    const report: Report = {
      source: 'x',
      namespace: 'team-a',
      subject: { ...issue().spec.subject, name: text(253), aspect: text(253) },
      order: { class: 'received' },
      body: {
        complete: true,
        findings: [
          {
            ...{ key: text(253), type: text(63), severity: 'info', reason: 'X', title: text(10_000), group: text(253) },
            description: text(1_000_000),
            links: Array.from({ length: 10_000 }, () => link),
            labels: Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`${'a'.repeat(253)}/${n}`, value])),
            remediation: { text: text(8_192) },
          },
        ],
      },
    };
    expect(reportSchema.validate(report).error).toBeUndefined();
    expect(JSON.stringify(normalize(report).report).length).toBeLessThan(256 * 1_024);
  });

  it('O6 O7 its OpenAPI describes every field of spec and status', () => {
    const schemas = definition.schema as Record<string, { properties: Record<string, { description?: string }> }>;
    for (const part of ['spec', 'status']) {
      const { properties } = schemas[part] ?? { properties: {} };
      expect(Object.keys(properties).length).toBeGreaterThan(9);
      for (const [field, { description }] of Object.entries(properties))
        expect(description, `${part}.${field}`).toBeTruthy();
    }
    expect(
      () => new KubeApi({ resources: [definition], version: { gitVersion: 'v1.34.1' }, access: NOBODY }),
    ).not.toThrow();
  });
});

const NOBODY = {
  authenticator: { authenticate: () => ({ outcome: 'invalid', message: '' }) as const },
  authorizer: { authorize: () => ({ allowed: false }) as const },
};
