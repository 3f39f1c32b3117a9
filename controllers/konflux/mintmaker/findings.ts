import type { CataloguedFinding, Severity } from '../../index.ts';
import { PROBLEMS } from './renovate-log.ts';

const CLASS = {
  type: 'dependency',
  severity: ['critical', 'major', 'minor', 'info'] satisfies Severity[],
} as const;

export const RUN_FAILED = {
  key: 'run',
  phrase: 'the run of MintMaker failed',
  remedy: 'The platform team sees the run in the namespace of MintMaker.',
} as const;

export const CATALOGUE: readonly CataloguedFinding[] = [
  ...Object.entries(PROBLEMS).map(([reason, { key, phrase, remedy }]) => ({
    reason,
    key,
    ...CLASS,
    meaning: `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`,
    remedy,
  })),
  {
    reason: 'DependencyRunFailed',
    key: RUN_FAILED.key,
    ...CLASS,
    meaning: 'The run itself failed, so nothing is known of the updates.',
    remedy: RUN_FAILED.remedy,
  },
];
