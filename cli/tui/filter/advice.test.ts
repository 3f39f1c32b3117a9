import { describe, expect, it } from 'vitest';
import { adviceOn } from './advice.ts';
import { parseFilter } from './parse.ts';

const KNOWN = { type: ['build', 'release'], source: ['tekton-pipelinerun', 'workloads'], namespace: ['Shop'] };

describe('advice on a filter that keeps nothing', () => {
  it.each([
    ['type:biuld', 'no issue has type:biuld; did you mean "build"?'],
    ['sev:critical src:workload', 'no issue has source:workload; did you mean "workloads"?'],
    ['source:tekton', 'no issue has source:tekton; did you mean "tekton-pipelinerun"?'],
    ['ns:shpo', 'no issue has namespace:shpo; did you mean "Shop"?'],
    ['type:build,relase', 'no issue has type:relase; did you mean "release"?'],
    ['ns:shop type:build', undefined],
    ['type:bui*', undefined],
    ['!type:biuld', undefined],
    ['type:quite-another', undefined],
    ['biuld', undefined],
    ['component:biuld', undefined],
  ])('%s: %s', (text, advice) => {
    expect(adviceOn(parseFilter(text).filter ?? [], KNOWN)).toBe(advice);
  });
});
