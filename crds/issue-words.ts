/** The words of issues, without what checks them: for processes that only read, and start often. */

export const SEVERITIES = ['critical', 'major', 'minor', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];
export const STATES = ['Active', 'Resolved'] as const;
export type IssueState = (typeof STATES)[number];
/** `type` is open text; these values are well known to the printers and the documentation. */
export const WELL_KNOWN_TYPES = [
  'build', 'test', 'release', 'dependency', 'pipeline', 'workload', 'security',
] as const; // biome-ignore format: one line reads better
export const LINK_RELATIONS = ['log', 'console', 'commit', 'pull-request', 'docs'] as const;
export type LinkRelation = (typeof LINK_RELATIONS)[number];

/** Names of the resource as kubectl and RBAC know it. */
export const ISSUE_NAMES = {
  kind: 'Issue', listKind: 'IssueList', plural: 'issues', singular: 'issue', shortNames: ['iss'], categories: ['faultline'],
} as const; // biome-ignore format: one line reads better
