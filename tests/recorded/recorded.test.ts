import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import pipelineRun from '../../controllers/tekton/pipelinerun/index.ts';
import { type Judged, judge, openIssues } from './judge.ts';
import { loadObjects } from './read.ts';

/**
 * The verdicts on objects recorded from real Konflux clusters, each with the reason why a careful engineer agrees
 * (verdicts.yaml). The recordings are not part of this repository: without them there is nothing to compare.
 */
const fixtures = process.env.FAULTLINE_FIXTURES ?? join(import.meta.dirname, '../../../shared/fixtures');
const folder = join(fixtures, 'recorded-cluster');
const golden = parse(readFileSync(join(import.meta.dirname, 'verdicts.yaml'), 'utf8')) as {
  runs: (Judged & { why: string })[];
  issues: Record<string, string[]>;
};

test('every verdict of the golden file has a reason', () => {
  expect(golden.runs.filter(({ why }) => !/\w/.test(why))).toEqual([]);
});

describe('recorded cluster', () => {
  test('every PipelineRun has the verdict of the golden file', async ({ skip }) => {
    skip(!existsSync(folder), `no recordings at ${folder}: set FAULTLINE_FIXTURES to the folder of recorded-cluster`);
    const expected = golden.runs.map(({ why: _, ...verdict }) => verdict);
    expect(await judge(pipelineRun, loadObjects(folder))).toEqual(expected);
  });

  test('together they are the issues of the golden file', async ({ skip }) => {
    skip(!existsSync(folder), `no recordings at ${folder}: set FAULTLINE_FIXTURES to the folder of recorded-cluster`);
    expect(await openIssues(pipelineRun, loadObjects(folder))).toEqual(golden.issues);
  });

  test('the order of the files changes nothing', async ({ skip }) => {
    skip(!existsSync(folder), `no recordings at ${folder}: set FAULTLINE_FIXTURES to the folder of recorded-cluster`);
    expect(await openIssues(pipelineRun, loadObjects(folder).reverse())).toEqual(golden.issues);
  });
});
