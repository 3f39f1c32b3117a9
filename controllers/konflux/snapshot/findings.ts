import type { CataloguedFinding, Severity } from '../../index.ts';
import { BAD, ERROR, INVALID, NOT_RELEASED } from './results.ts';

const CLASS = { type: 'test', severity: ['critical', 'major', 'minor', 'info'] satisfies Severity[] } as const;

export const CATALOGUE: readonly CataloguedFinding[] = [
  ...[...BAD.values()].map(({ reason, phrase, remedy }) => ({
    reason,
    key: 'test',
    ...CLASS,
    meaning: `The test ${phrase}.${reason === 'TestFailed' ? ' Only with the option `testFailures`.' : ''}`,
    remedy,
  })),
  ...[INVALID, ERROR, NOT_RELEASED].map(({ reason, phrase, remedy }) => ({
    reason,
    key: 'snapshot',
    ...CLASS,
    meaning: `The Snapshot ${phrase}.`,
    remedy,
  })),
];
