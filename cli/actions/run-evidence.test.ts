import { expect, it } from 'vitest';
import { evidenceLines } from './evidence-lines.ts';

const recordedAt = '2026-11-21T07:00:00Z';

it('what failed comes first, then the log as it was', () => {
  const lines = evidenceLines({
    recordedAt,
    observed: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'run-1', uid: 'u' },
    failing: { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'run-1-build' },
    conditions: [{ type: 'Succeeded', status: 'False', reason: 'Failed', message: 'exit 2' }],
    ...{
      step: 'build',
      exitCode: 2,
      log: { pod: 'p', container: 'step-build', lines: ['  at x', '', 'b'], cut: true },
    },
  });
  expect(lines).toEqual([
    'Object:    PipelineRun/run-1',
    'Failing:   TaskRun/run-1-build',
    'Condition: Succeeded=False Failed: exit 2',
    'Step:      build',
    'Exit code: 2',
    `Recorded:  ${recordedAt}`,
    'Log:       p step-build',
    '',
    '…',
    '  at x',
    '',
    'b',
  ]);
});

it('nothing that a terminal would execute is printed, whoever sent it', () => {
  const lines = evidenceLines({ recordedAt, step: 'a\u001b[2Jb', log: { lines: ['\u001b]0;title\u0007x\ry\u202ez'] } });
  expect(lines.join('\n')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(lines.slice(-2)).toEqual(['x', 'yz']);
});

it('that there is no log is said', () => {
  expect(evidenceLines({ recordedAt })).toEqual([`Recorded:  ${recordedAt}`, 'No log was to be had.']);
});
