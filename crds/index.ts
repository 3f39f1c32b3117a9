/** The nouns: what a client or a plugin author may name. */
export { humanDuration, parseDuration } from './duration.ts';
export { everyAspectHash, FINGERPRINT_VERSION, fingerprint, issueName, objectHash, subjectHash } from './identity.ts';
export type {
  Issue,
  IssueList,
  IssueSpec,
  IssueState,
  IssueStatus,
  Link,
  LinkRelation,
  ObservedObject,
  Remediation,
  ResolvedReason,
  Severity,
  Subject,
} from './issue.ts';
export type { IssueAcknowledgement } from './issue-acknowledgement.ts';
export type { IssueAssignment } from './issue-assignment.ts';
export type { IssueComment } from './issue-comment.ts';
export type { IssueDueDate } from './issue-due-date.ts';
export type { IssueResolution } from './issue-resolution.ts';
export type { IssueSnooze } from './issue-snooze.ts';
export type { Condition, KubernetesList, KubernetesObject, ObjectMeta, Status } from './meta.ts';
export { API_VERSION, CONFIG_API_VERSION, GROUP, LABELS, VERSION } from './names.ts';
export type { Finding, Report, ReportResult, ReportsResponse } from './report.ts';
