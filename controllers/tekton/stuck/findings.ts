import type { CataloguedFinding, Severity } from '../../index.ts';
import { sentence } from '../pipelinerun/findings.ts';
import { REASONS } from './reasons.ts';

/** Whether it is of a pull request decides the severity, by the options. */
const CLASS = {
  key: 'stuck',
  type: ['build', 'test', 'release', 'pipeline'],
  severity: ['critical', 'major', 'minor', 'info'] satisfies Severity[],
} as const;

export const CATALOGUE: readonly CataloguedFinding[] = [
  ...Object.entries(REASONS).map(([reason, { phrase, remedy }]) => ({
    reason,
    ...CLASS,
    meaning: sentence(phrase),
    remedy,
  })),
  { reason: '*', ...CLASS, meaning: 'Anything else that Tekton says it is still resolving.' },
];
