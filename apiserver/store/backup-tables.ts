/**
 * What a backup holds, in the order in which it is read and written; a test compares both lists with the schema, so that of a
 * new table somebody decides.
 */
export const KEPT_TABLES = [
  'issues',
  'watermarks',
  'episodes',
  'contents',
  'timeline',
  'related',
  'evidence',
  'deliveries',
  'sources',
  'objects',
  'feeds',
] as const;

/** What is left out, and who makes it again. */
export const LEFT_OUT_TABLES: Readonly<Record<string, string>> = {
  meta: 'one row, in the head of the backup',
  changes: 'no watch resumes across a restore: clients list again',
  positions: 'of those who follow the changes: they begin anew',
  group_members: 'made again from the issues',
  stale_groups: 'made again from the issues',
  issue_index: 'made again from the issues, while servers run',
  issue_texts: 'made again from the issues, while servers run',
  evidence_texts: 'made again from the evidence, while servers run',
};
