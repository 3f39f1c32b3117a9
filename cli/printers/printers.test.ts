import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Column } from '../../apiserver/kube/resource.ts';
import type { Issue } from '../../crds/issue.ts';
import { issueList, type OutputFormat, printIssues } from './issues.ts';
import { formatTable } from './table.ts';

const issue = (namespace: string, name: string, title = 'It broke'): Issue => ({
  apiVersion: 'faultline.dev/v1alpha1',
  kind: 'Issue',
  metadata: { name, namespace, uid: 'u', resourceVersion: '7', creationTimestamp: '2026-11-21T07:00:00Z' },
  spec: {
    source: 'tekton-pipelinerun',
    subject: { apiVersion: 'tekton.dev/v1', kind: 'Pipeline', namespace, name: 'build' },
    key: 'run',
    type: 'build',
    severity: 'major',
    reason: 'TaskRunFailed',
    title,
  },
  status: {
    state: 'Active',
    openedAt: '2026-11-21T07:00:00Z',
    firstSeenAt: '2026-11-21T07:00:00Z',
    lastSeenAt: '2026-11-21T07:00:00Z',
    occurrences: 1,
    reopened: 0,
    conditions: [],
  },
});
const columns: readonly Column<Issue>[] = [
  { name: 'Name', type: 'string', description: '', cell: ({ metadata }) => metadata.name },
  { name: 'Since', type: 'date', description: '', cell: ({ status }) => ({ since: status.openedAt }) },
  { name: 'Reason', type: 'string', description: '', priority: 1, cell: ({ spec }) => spec.reason },
  { name: 'Title', type: 'string', description: '', cell: ({ spec }) => spec.title },
];
const list = issueList([issue('b', 'two'), issue('a', 'one')], '42');
const print = (output: OutputFormat, withNamespace = true) =>
  printIssues(list, { output, columns, withNamespace, now: Date.parse('2026-11-21T07:05:03Z') });

describe('issues are printed', () => {
  it('as the table of kubectl get -A', () => {
    expect(print('table')).toBe(
      [
        'NAMESPACE   NAME   SINCE   TITLE',
        'a           one    5m3s    It broke',
        'b           two    5m3s    It broke',
        '',
      ].join('\n'),
    );
  });

  it('with all columns when wide, and without the namespace when one was asked for', () => {
    expect(print('wide', false).split('\n')[0]).toBe('NAME   SINCE   REASON          TITLE');
  });

  it('as the IssueList that the API serves, in JSON and in YAML', () => {
    expect(JSON.parse(print('json'))).toEqual({
      kind: 'IssueList',
      apiVersion: 'faultline.dev/v1alpha1',
      metadata: { resourceVersion: '42' },
      items: [issue('a', 'one'), issue('b', 'two')],
    });
    expect(parse(print('yaml'))).toEqual(JSON.parse(print('json')));
  });

  it('as names that kubectl takes', () => {
    expect(print('name')).toBe('issue.faultline.dev/one\nissue.faultline.dev/two\n');
  });
});

describe('a table', () => {
  it('counts what a terminal shows, not UTF-16 units', () => {
    const lines = formatTable({
      columns: ['a', 'b'],
      rows: [
        ['日本語日本', 'x'],
        ['e\u0301te', 'y'],
      ],
    }).split('\n');
    expect(lines[1]).toBe('日本語日本   x');
    expect(lines[2]).toBe(`e\u0301te${' '.repeat(10)}y`);
  });

  it('leaves no space behind the last column', () => {
    expect(formatTable({ columns: ['a', 'b'], rows: [['1', '2']] })).toBe('A     B\n1     2\n');
  });
});
