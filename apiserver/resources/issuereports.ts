import {
  ISSUE_REPORT_NAMES,
  type IssueReport,
  issueReportSpecSchema,
  issueReportStatusSchema,
} from '../../crds/issue-report.ts';
import type { KubernetesObject } from '../../crds/meta.ts';
import { API_VERSION, GROUP, VERSION } from '../../crds/names.ts';
import { type InputFault, type ReportResult, retryAfterSeconds } from '../../crds/report.ts';
import type { Engine } from '../ingest/engine.ts';
import {
  ApiError,
  type CreateRequest,
  conflict,
  type FieldFault,
  type FieldFaultReason,
  invalid,
  type JsonSchema,
  notFound,
  type ResourceDefinition,
  serviceUnavailable,
  tooManyRequests,
} from '../kube/index.ts';

/** The resource `issuereports`: create only. Its spec goes the way of all reports. */
export function issueReportsResource(engine: Pick<Engine, 'submit'>): ResourceDefinition {
  return {
    ...ISSUE_REPORT_NAMES,
    group: GROUP,
    version: VERSION,
    namespaced: true,
    description: 'One report to Faultline, answered with what was decided. Can be created only; it is not kept.',
    schema: { spec: schemaOf(issueReportSpecSchema), status: schemaOf(issueReportStatusSchema) },
    columns: [
      { name: 'Name', type: 'string', format: 'name', description: 'Name of the report.', cell: nameOf },
      { name: 'Source', type: 'string', description: 'Who says so.', cell: (report) => sourceOf(report) },
    ],
    selectableFields: [],
    fields: () => ({}),
    create: (request) => create(engine, request),
    readOnlyMessage: 'issue reports can be created only: they are answered at once and not kept',
  };
}

async function create(engine: Pick<Engine, 'submit'>, request: CreateRequest): Promise<IssueReport> {
  const { metadata = {}, spec } = request.object as { metadata?: IssueReport['metadata']; spec?: unknown };
  const name = metadata.name ?? '';
  const report = inNamespace(spec, request.namespace, name);
  const { dryRun } = request;
  const { results, resourceVersion } = await submit(engine, report, { ...request, dryRun });
  const result = results[0] as ReportResult;
  if (result.status !== 200) throw refusal(result, name, request.namespace);
  return {
    apiVersion: API_VERSION,
    kind: 'IssueReport',
    metadata: { ...metadata, namespace: request.namespace },
    spec: report as unknown as IssueReport['spec'],
    ...(dryRun ? {} : { status: { decisions: result.decisions ?? [], resourceVersion } }),
  };
}

async function submit(
  engine: Pick<Engine, 'submit'>,
  report: object,
  { user, dryRun }: CreateRequest,
): ReturnType<Engine['submit']> {
  try {
    return await engine.submit(report, user, { dryRun });
  } catch (error) {
    const { name, message, retryAfterSeconds } = error as Error & { retryAfterSeconds?: number };
    if (name === 'TooManyReports') throw tooManyRequests(message, retryAfterSeconds);
    if (name === 'NamespacesUnavailable') throw serviceUnavailable(message, 1, error);
    throw error; // StoreUnavailable and AccessUnavailable are known to the server's envelope
  }
}

/** Nobody is allowed one namespace and writes another: the report is about the namespace of the object. */
function inNamespace(spec: unknown, namespace: string, name: string): Record<string, unknown> {
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw invalid(KIND, name, [{ reason: 'FieldValueRequired', field: 'spec', message: 'must be a report' }]);
  }
  const given = (spec as { namespace?: unknown }).namespace;
  if (given !== undefined && given !== namespace) {
    const message = `${JSON.stringify(given)}: must be the namespace of the object, ${namespace}, or left out`;
    throw invalid(KIND, name, [{ reason: 'FieldValueInvalid', field: 'spec.namespace', message }]);
  }
  return { ...spec, namespace };
}

function refusal(result: ReportResult, name: string, namespace: string): ApiError {
  const { status, error = '', details = [] } = result;
  switch (status) {
    case 403:
      return new ApiError('Forbidden', error, { group: GROUP, kind: ISSUE_REPORT_NAMES.plural });
    case 404:
      return notFound({ group: '', resource: 'namespaces' }, namespace);
    case 409:
      return conflict({ group: GROUP, resource: ISSUE_REPORT_NAMES.plural }, name, error);
    case 429:
      return tooManyRequests(error, retryAfterSeconds([result]));
    case 503:
      return serviceUnavailable(error);
    default:
      return invalid(KIND, name, details.length > 0 ? details.map(fieldFault) : [{ ...WHOLE, message: error }]);
  }
}

const KIND = { group: GROUP, kind: ISSUE_REPORT_NAMES.kind };
const WHOLE = { reason: 'FieldValueInvalid', field: 'spec' } as const;

function fieldFault({ path, message, value, allowed }: InputFault): FieldFault {
  const field = path.startsWith('[') ? `spec${path}` : `spec.${path}`;
  return {
    reason: reasonOf(message, allowed),
    field,
    message: `${value === undefined ? '' : `${JSON.stringify(value)}: `}${message}`,
  };
}

function reasonOf(message: string, allowed: unknown): FieldFaultReason {
  if (allowed) return 'FieldValueNotSupported';
  if (message.includes('is required')) return 'FieldValueRequired';
  return message.includes('is not allowed') ? 'FieldValueForbidden' : 'FieldValueInvalid';
}

/** A schema of alternatives as `kubectl explain` can show it: one alternative is itself, several are an object. */
function schemaOf(schema: typeof issueReportSpecSchema | typeof issueReportStatusSchema): JsonSchema {
  return plain(schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' })) as JsonSchema;
}

function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { anyOf, ...rest } = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, plain(value)]));
  if (!Array.isArray(anyOf)) return rest;
  return anyOf.length === 1 ? { ...rest, ...anyOf[0] } : { ...rest, type: 'object', anyOf };
}

function nameOf({ metadata }: KubernetesObject): string {
  return metadata.name;
}

function sourceOf(report: KubernetesObject): string {
  return (report as KubernetesObject & { spec?: { source?: string } }).spec?.source ?? '';
}
