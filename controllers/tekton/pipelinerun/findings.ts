import type { CataloguedFinding, Severity } from '../../index.ts';
import { REASONS } from './reasons.ts';

/** Which run it is decides type and severity (classify.ts), so an entry lists what they can be. */
const CLASSES = {
  key: 'run',
  type: ['build', 'test', 'release', 'pipeline'],
  severity: ['critical', 'major', 'minor', 'info'] satisfies Severity[],
} as const;

export const CATALOGUE: readonly CataloguedFinding[] = [
  ...Object.entries(REASONS).map(([reason, { phrase, started, remedy }]) => ({
    reason,
    ...CLASSES,
    meaning: `${sentence(phrase)}${started ? '' : ' It never started.'}`,
    ...(remedy === undefined ? {} : { remedy }),
  })),
  { reason: '*', ...CLASSES, meaning: "Any other reason of Tekton's, as it is." },
];

/** A phrase of a table of reasons as a sentence. */
export function sentence(phrase: string): string {
  return phrase.startsWith('taskRunSpecs') ? `${phrase}.` : `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`;
}
