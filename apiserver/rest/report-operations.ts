import Joi from 'joi';
import type { Evidence } from '../../crds/evidence.ts';
import { observedSchema, subjectSchema } from '../../crds/issue.ts';
import { DNS_LABEL, SOURCE_NAME } from '../../crds/names.ts';
import {
  type Decision,
  type LeadResponse,
  leadRequestSchema,
  MAX_REPORTS,
  type ReportResult,
  type ReportsResponse,
  type SubjectsResponse,
  type SyncResponse,
  syncRequestSchema,
} from '../../crds/report.ts';
import { reportJsonSchema } from '../ingest/report-json-schema.ts';
import { faultSchema } from './openapi/common.ts';
import type { Operation } from './openapi/operation.ts';

const decisionSchema = Joi.object<Decision, true>({
  key: Joi.string().allow('').required(),
  cell: Joi.string().required().description('The cell of the decision table (docs/concepts.md), for example 3A.'),
  issue: Joi.object({ namespace: Joi.string().required(), name: Joi.string().required() }),
});

/** What became of one report. */
export const resultSchema = Joi.object<ReportResult, true>({
  index: Joi.number().integer().min(0).required(),
  status: Joi.number().valid(200, 403, 404, 409, 422, 429, 503).required(),
  decisions: Joi.array().items(decisionSchema),
  error: Joi.string(),
  details: Joi.array().items(faultSchema),
  retryAfterSeconds: Joi.number().integer().min(1).description('Of a 429: when this report may come again.'),
});

const reportsResponseSchema = Joi.object<ReportsResponse, true>({
  results: Joi.array().items(resultSchema).required().description('One a report, in their order.'),
  resourceVersion: Joi.string().required().description('Watch from here to see what the reports did.'),
  database: Joi.string().description(
    'Which database this is. When it changes, lead and report everything again: what was acknowledged may be lost.',
  ),
});

const leadResponseSchema = Joi.object<LeadResponse, true>({
  sources: Joi.array()
    .items(Joi.object({ name: Joi.string().required(), epoch: Joi.number().integer().required() }))
    .required(),
});

const syncResponseSchema = Joi.object<SyncResponse, true>({
  resolved: Joi.number().integer().required().description('How many issues were resolved: their object is gone.'),
  kept: Joi.number().integer().required(),
});

const subjectsResponseSchema = Joi.object<SubjectsResponse, true>({
  subjects: Joi.array()
    .items(
      Joi.object({
        namespace: Joi.string().pattern(DNS_LABEL).required().description('Where the issue lives.'),
        subject: subjectSchema.required(),
        keys: Joi.array().items(Joi.string()).required(),
        observed: observedSchema,
      }),
    )
    .required(),
});

const source = Joi.object({ source: Joi.string().pattern(SOURCE_NAME).required() });

export const EVIDENCE_EXAMPLE: Evidence = {
  step: 'test',
  exitCode: 1,
  log: { pod: 'nightly-4711', lines: ['FAIL cart/total.test.ts', 'expected 12.00 to be 12.50'], cut: true },
};

const REPORT_EXAMPLE = {
  source: 'ci.nightly',
  namespace: 'shop',
  subject: { apiVersion: 'ci.example.dev/v1', kind: 'Workflow', namespace: 'shop', name: 'nightly' },
  order: { class: 'received', deliveryId: 'run-4711' },
  body: {
    complete: true,
    findings: [
      {
        key: 'run',
        type: 'build',
        severity: 'major',
        reason: 'TestsFailed',
        title: 'nightly: 3 of 1,204 tests failed',
        links: [{ rel: 'log', title: 'log', url: 'https://ci.example.dev/runs/4711' }],
        group: 'test-database.example.dev',
        evidence: EVIDENCE_EXAMPLE,
      },
    ],
  },
};
const EPOCH_EXAMPLE = 1795271000000000;
const SPEAK = 'the verb `report` on `sources.faultline.dev` for the source';

/** `reportRoutes` as its callers see it. */
export const reportOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/api/v1/reports',
    id: 'createReports',
    tag: 'Reports',
    summary: 'Report what is wrong with subjects, or that nothing is',
    description:
      `One report or an array of at most ${MAX_REPORTS}; each is atomic and has its own result. A report names ` +
      'everything that is wrong with its subject now: what it leaves out resolves (`complete: false` speaks of the named ' +
      'keys alone). Sending one twice is harmless. docs/reports.md says more.',
    rights: `\`create issuereports\` in the namespace and ${SPEAK}`,
    body: {
      schema: {
        anyOf: [reportJsonSchema(), { type: 'array', items: reportJsonSchema(), maxItems: MAX_REPORTS }],
      },
      example: REPORT_EXAMPLE,
    },
    answers: {
      200: {
        description: 'Each report has a status of its own; what has status 200 is stored.',
        body: {
          schema: reportsResponseSchema,
          example: {
            results: [
              {
                index: 0,
                status: 200,
                decisions: [
                  { key: 'run', cell: '3A', issue: { namespace: 'shop', name: 'workflow-nightly-f3k2m9qa' } },
                ],
              },
            ],
            resourceVersion: '1795271000000042',
            database: 'b866f5a40882067d',
          },
        },
      },
    },
    errors: [400, 413, 415, 429, 503],
  },
  {
    method: 'post',
    path: '/api/v1/lead',
    id: 'lead',
    tag: 'Controllers',
    summary: 'Begin to lead sources',
    description:
      'Called by a controller runtime when it begins, and at every change of its configuration: it fences earlier epochs ' +
      'of each source and says what this manager covers; a source that it no longer names is absent.',
    rights: `${SPEAK}, for every source`,
    body: {
      schema: leadRequestSchema,
      example: {
        manager: 'ci',
        sources: [{ name: 'ci.objects', class: 'state', filter: { namespaces: ['*'], labelSelector: '' } }],
      },
    },
    answers: {
      200: {
        description: 'The epochs to report with.',
        body: { schema: leadResponseSchema, example: { sources: [{ name: 'ci.objects', epoch: EPOCH_EXAMPLE }] } },
      },
    },
    errors: [400, 403, 413, 415, 503],
  },
  {
    method: 'post',
    path: '/api/v1/sources/{source}/sync',
    id: 'syncSource',
    tag: 'Controllers',
    summary: 'Say which objects a first complete list had, so that issues about the others resolve',
    description:
      'Issues inside the filter whose observed object was not listed resolve, unless a report of this epoch spoke of ' +
      'them. `objects` are hex SHA-256 of the JSON array `[group, kind, namespace, name]`. At most 68 MiB.',
    rights: SPEAK,
    params: source,
    examplePath: '/api/v1/sources/ci.objects/sync',
    body: {
      schema: syncRequestSchema,
      example: { epoch: EPOCH_EXAMPLE, filter: { namespaces: ['*'], labelSelector: '' }, objects: [] },
    },
    answers: {
      200: {
        description: 'What it did.',
        body: { schema: syncResponseSchema, example: { resolved: 0, kept: 0 } },
      },
    },
    errors: [400, 403, 409, 413, 415, 503],
  },
  {
    method: 'get',
    path: '/api/v1/sources/{source}/subjects',
    id: 'listSubjects',
    tag: 'Controllers',
    summary: 'What the engine believes is wrong, by subject',
    rights: SPEAK,
    params: source,
    query: Joi.object({ state: Joi.string().valid('Active').default('Active') }),
    examplePath: '/api/v1/sources/ci.nightly/subjects?state=Active',
    answers: {
      200: {
        description: 'The subjects with Active issues of this source, in the namespaces that it is led for.',
        body: {
          schema: subjectsResponseSchema,
          example: { subjects: [{ namespace: 'shop', subject: REPORT_EXAMPLE.subject, keys: ['run'] }] },
        },
      },
    },
    errors: [400, 403, 503],
  },
];
