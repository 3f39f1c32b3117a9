import type { Cell } from './report.ts';

/** What each cell of the decision table did, in words for whoever asks why there is an issue or none (docs/explain.md). */
export const CELL_MEANINGS = {
  '1A': 'ignored: a newer look at this subject decides, and it has no issue',
  '1B': 'ignored: a newer look at this subject decides, and its issue is Active',
  '1C': 'ignored: a newer look at this subject decides, and its issue is Resolved',
  '2B': 'known already: the issue is Active',
  '2C': 'known already: the issue is Resolved',
  '3A': 'opened an issue',
  '3B': 'the issue is Active, and was brought up to date',
  '3C': 'reopened the issue',
  '4A': 'healthy: nothing to resolve, so there is no issue',
  '4B': 'healthy: resolved the issue',
  '4C': 'healthy: the issue was Resolved before',
  '5A': 'deleted: there was no issue',
  '5B': 'deleted: resolved the issue',
  '5C': 'deleted: the issue was Resolved before',
  "5'B": 'deleted: the issue stays Active, because the deletion of a finished run says nothing about its subject',
  '6A': 'opened an issue for this key alone, or remembered that it is healthy',
  '6B': 'brought the issue of this key up to date, or resolved it',
  '6C': 'reopened the issue of this key, or left it Resolved',
  '7B': 'not listed any more: resolved the issue',
  '8B': 'its source is absent',
  '9B': 'expired: resolved the issue',
  '10B': 'a person resolved the issue',
  "10'C": 'a person resolved the issue, and nothing new has happened since: it stays Resolved',
} as const satisfies Record<Cell, string>;

/** Undefined for a cell of a newer server. */
export function cellMeaning(cell: string): string | undefined {
  return (CELL_MEANINGS as Readonly<Record<string, string>>)[cell];
}
