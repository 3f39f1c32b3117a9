import { count, fields, records, text } from '../../index.ts';
import type { TaskOutcome } from './task-runs.ts';

/**
 * Konflux tests say how they went in a result `TEST_OUTPUT` (once `HACBS_TEST_OUTPUT`), so that the run can succeed
 * although the test failed. The values are those that integration-service accepts.
 */
export interface TestOutput {
  /** The task, or the pipeline when the run itself passes the result on. */
  readonly task: string;
  readonly verdict: 'passed' | 'failed' | 'error' | 'invalid';
  readonly failures: number | undefined;
  readonly warnings: number | undefined;
  /** What the test says about it; the raw text when it could not be understood. */
  readonly note: string | undefined;
}

const RESULT_NAMES = new Set(['TEST_OUTPUT', 'HACBS_TEST_OUTPUT']);

/** Every test output of a run, the tasks' first. */
export function testOutputs(run: unknown, outcomes: readonly TaskOutcome[]): readonly TestOutput[] {
  const ofTasks = outcomes.flatMap((outcome) =>
    outcome.results.filter(isTestOutput).map((result) => parse(outcome.task, result.value)),
  );
  if (ofTasks.length > 0) return ofTasks;
  // Pruned TaskRuns take their results along; the pipeline may have passed them on.
  const status = fields(fields(run).status);
  return [...records(status.results), ...records(status.pipelineResults)]
    .filter(isTestOutput)
    .map((result) => parse('the pipeline', result.value));
}

function isTestOutput(result: Readonly<Record<string, unknown>>): boolean {
  return RESULT_NAMES.has(String(result.name)) && result.value !== undefined && result.value !== null;
}

function parse(task: string, value: unknown): TestOutput {
  const output = fields(typeof value === 'string' ? parseJson(value) : value);
  return {
    task,
    verdict: verdictOf(output.result),
    failures: count(output.failures),
    warnings: count(output.warnings),
    note: output.result === undefined ? text(value) : text(output.note),
  };
}

function verdictOf(result: unknown): TestOutput['verdict'] {
  switch (result) {
    case 'SUCCESS':
    case 'SKIPPED':
    case 'WARNING':
      return 'passed';
    case 'FAILURE':
      return 'failed';
    case 'ERROR':
      return 'error';
    default:
      return 'invalid';
  }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
