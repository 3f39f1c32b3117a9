import { linkSchema, observedSchema, subjectSchema } from '../../../crds/issue.ts';
import { findingSchema } from '../../../crds/report.ts';
import { reportJsonSchema } from '../../ingest/report-json-schema.ts';
import { evidenceOperations } from '../evidence-operations.ts';
import { explanationOperations } from '../explanation-operations.ts';
import { groupOperations } from '../group-operations.ts';
import { issueOperations } from '../issue-operations.ts';
import { kiteErrorSchema, kiteIssueSchema, kiteOperations } from '../kite/operations.ts';
import { receiverOperations } from '../receiver-operations.ts';
import { reportOperations } from '../report-operations.ts';
import { searchOperations } from '../search-operations.ts';
import { statisticsOperations } from '../statistics-operations.ts';
import { errorSchema, faultSchema, statusSchema } from './common.ts';
import type { Described, Operation } from './operation.ts';

/** What the tags mean; every operation has one of them, and the pages follow this order. */
export const TAGS: Readonly<Record<string, string>> = {
  Reports: 'Observations in: what is wrong with a subject, or that nothing is.',
  Receivers: 'Payloads of foreign webhooks in, for the receivers that somebody declared.',
  Issues: 'What is stored: found, counted and seen over time, only what the caller may see.',
  Kite: 'The API of Kite, unchanged: for its clients, and for the Konflux UI (docs/migrate-from-kite.md).',
  Controllers: 'For the runtime of controllers: leading sources, what they cover, what is stored.',
};

/** Everything below /api/v1. Whoever adds routes adds their operations here, and what makes them answer to the tests. */
export const OPERATIONS: readonly Operation[] = [
  ...reportOperations,
  ...explanationOperations,
  ...receiverOperations,
  ...issueOperations,
  ...groupOperations,
  ...evidenceOperations,
  ...searchOperations,
  ...statisticsOperations,
  ...kiteOperations,
];

/** Schemas that client generators and the pages know by name. */
export const NAMED_SCHEMAS: Readonly<Record<string, Described>> = {
  Error: errorSchema,
  Status: statusSchema,
  Fault: faultSchema,
  Report: reportJsonSchema(),
  Finding: findingSchema,
  Subject: subjectSchema,
  ObservedObject: observedSchema,
  Link: linkSchema,
  KiteIssue: kiteIssueSchema,
  KiteError: kiteErrorSchema,
};
