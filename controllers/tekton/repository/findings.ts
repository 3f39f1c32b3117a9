import type { CataloguedFinding, Severity } from '../../index.ts';
import { sentence } from '../pipelinerun/findings.ts';
import { REASONS } from './errors.ts';

const CLASS = {
  key: 'trigger',
  type: 'pipeline',
  severity: ['critical', 'major', 'minor', 'info'] satisfies Severity[],
} as const;

export const CATALOGUE: readonly CataloguedFinding[] = [
  ...Object.entries(REASONS).map(([reason, { phrase, remedy }]) => ({
    reason,
    ...CLASS,
    meaning: sentence(phrase),
    remedy,
  })),
  { reason: '*', ...CLASS, meaning: 'Any other reason of a Warning Event of Pipelines-as-Code, as it is.' },
];
