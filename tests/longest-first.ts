import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Begins with the files that take longest, so that the run does not end with one of them alone. vitest would begin with
 * the largest, unless a run on the same machine told it better.
 */
export const LONGEST = [
  'tests/faults/faults.e2e.test.ts',
  'tests/e2e/clients.e2e.test.ts',
  'tests/chaos/chaos.e2e.test.ts',
  'tests/e2e/namespaces.e2e.test.ts',
  'tests/e2e/degraded.e2e.test.ts',
  'tests/e2e/own-resource.e2e.test.ts',
  'tests/e2e/lifecycle.e2e.test.ts',
  'tests/faults/load.e2e.test.ts',
  'tests/e2e/access.e2e.test.ts',
  'tests/e2e/up.e2e.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}`));
      return index < 0 ? LONGEST.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
