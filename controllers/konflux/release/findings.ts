import type { CataloguedFinding, Severity } from '../../index.ts';
import { PHASES, WHOLE } from './phases.ts';

export const CATALOGUE: readonly CataloguedFinding[] = [...PHASES, WHOLE].map(({ reason, phrase, remedy }) => ({
  reason,
  key: 'release',
  type: 'release',
  severity: ['critical', 'major', 'minor', 'info'] satisfies Severity[],
  meaning: `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`,
  remedy,
}));
