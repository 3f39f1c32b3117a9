import { expect, test } from 'vitest';
import type { ControllerExplanation } from '../../crds/explanation.ts';
import { commands } from '../commands/index.ts';
import { runProgram } from '../program.ts';
import { recordedStreams } from '../testing/recorded-streams.ts';
import { explanationLines } from './run-explain.ts';

const resource = { group: 'tekton.dev', resource: 'pipelineruns', kind: 'PipelineRun', namespaced: true };
const spec = { group: 'tekton.dev', kind: 'PipelineRun', namespace: 'shop', name: 'build-1' };

test('is told in lines that align, a fact each, and nothing in them moves a cursor', () => {
  const controllers: ControllerExplanation[] = [
    {
      ...{ controller: 'tekton-pipelinerun', use: 'tekton/pipelinerun', process: 'pod-1', verdict: 'Failing' },
      ...{ lookedAt: '2026-11-21T17:40:02.000Z', terminal: true, message: 'the look found one thing wrong' },
      findings: [
        { key: 'run', severity: 'major', type: 'build', reason: 'TaskRunFailed', title: 'red\u001b[31m\nalert' },
      ],
      noVerdict: [{ subject: 'Component shop/web last-build', reason: 'BuildsForgotten' }],
      report: {
        ...{ state: 'Accepted', subject: 'Component shop/web' },
        decisions: [{ key: 'run', cell: '1C', issue: { namespace: 'shop', name: 'component-web-abcd2345' } }],
      },
    },
  ];
  const status = { resource, controllers, processes: ['pod-1'], silent: ['pod-2'], message: '' };
  const lines = explanationLines({ spec, status });
  expect(lines).toEqual([
    'PipelineRun.tekton.dev build-1 in namespace shop',
    'These processes did not answer in time: pod-2',
    '',
    'tekton-pipelinerun (tekton/pipelinerun, pod-1)',
    '  Verdict:    Failing',
    '  Looked at:  2026-11-21T17:40:02.000Z',
    '  Finished:   yes',
    '  Subject:    Component shop/web',
    expect.stringMatching(/^ {2}Finding: {4}run major build TaskRunFailed: red/),
    '  No verdict: Component shop/web last-build: BuildsForgotten',
    '  Report:     Accepted',
    '  Decision:   run 1C ignored: a newer look at this subject decides, and its issue is Resolved: issue shop/component-web-abcd2345',
    '  Why:        the look found one thing wrong',
  ]);
  expect(lines.join('')).not.toMatch(/[\u0000-\u001f]/);
});

test.each([
  [['pipelinerun'], 'say which object: KIND/NAME'],
  [['a/b/c'], 'say which object: KIND/NAME'],
  [['pod/x', '-n', 'No!'], '"No!" is no name of a namespace'],
])('what cannot be meant is a usage error: %j', async (args, message) => {
  const streams = recordedStreams();
  expect(await runProgram(['explain', ...args], streams, { name: 'faultline', version: '0', commands })).toBe(2);
  expect(streams.err.text()).toContain(message);
});
