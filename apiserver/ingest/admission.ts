import { isPlainReport } from '../../crds/plain-report.ts';
import { MAX_FINDINGS, MAX_REPORTS, type Report, type ReportResult, reportSchema } from '../../crds/report.ts';
import { faultsOf, InvalidInput, summary } from './input.ts';
import { normalize } from './normalize.ts';
import type { NormalizedReport } from './normalized.ts';
import type { Caller, NamespaceIdentity, Namespaces, Permission, ReportAccess } from './ports.ts';

/** What happens to reports before they wait for a batch: validation, rights, namespace. Each report is on its own. */
export interface Admitted {
  readonly index: number;
  /** Where the report is in the input: `[3]`, or empty when it is all of it. */
  readonly path: string;
  readonly report: NormalizedReport;
  readonly namespace: NamespaceIdentity;
}

export interface Admission {
  readonly admitted: readonly Admitted[];
  readonly refused: readonly ReportResult[];
}

export interface AdmissionRules {
  readonly access: ReportAccess;
  readonly namespaces: Namespaces;
}

interface Candidate {
  readonly index: number;
  readonly path: string;
  readonly report: NormalizedReport;
  readonly permission: Permission | Promise<Permission>;
}

/** Throws InvalidInput when the input is neither a report nor an array of at most 1,000 reports. */
export function reportsOf(input: unknown): readonly unknown[] {
  const reports = Array.isArray(input) ? input : [input];
  if (!Array.isArray(input) && (typeof input !== 'object' || input === null)) {
    throw new InvalidInput(
      `the body must be a report or an array of reports, not ${input === null ? 'null' : `a ${typeof input}`}`,
    );
  }
  if (reports.length > MAX_REPORTS) {
    throw new InvalidInput(`the body has ${reports.length} reports; at most ${MAX_REPORTS} are taken at once`);
  }
  return reports;
}

/** Rejects when rights or namespaces cannot be asked now. Answers are asked for once a request, not once a report. */
export async function admit(
  input: unknown,
  caller: Caller,
  { access, namespaces }: AdmissionRules,
): Promise<Admission> {
  const refused: ReportResult[] = [];
  const candidates: Candidate[] = [];
  const permissions = new Map<string, Permission | Promise<Permission>>();
  for (const [index, report] of reportsOf(input).entries()) {
    const path = Array.isArray(input) ? `[${index}]` : '';
    const checked = check(report, path);
    if ('error' in checked) {
      refused.push({ index, status: 422, ...checked });
      continue;
    }
    const { namespace, source, subject } = checked.report.ref;
    const about = { source, namespace, subjectNamespace: subject.namespace };
    const permission = once(permissions, JSON.stringify(Object.values(about)), () => access.mayReport(caller, about));
    candidates.push({ index, path, report: checked.report, permission });
  }
  await Promise.all(permissions.values());
  const places = new Map<string, ReturnType<Namespaces['resolve']>>();
  const allowed: Candidate[] = [];
  for (const candidate of candidates) {
    const permission = await candidate.permission;
    const { namespace } = candidate.report.ref;
    if (permission.allowed) {
      allowed.push(candidate);
      once(places, namespace, () => namespaces.resolve(namespace));
    } else refused.push({ index: candidate.index, status: 403, error: permission.reason });
  }
  await Promise.all(places.values());
  const admitted: Admitted[] = [];
  for (const { index, path, report } of allowed) {
    const { namespace } = report.ref;
    const place = (await places.get(namespace)) ?? 'missing';
    if (typeof place === 'object') admitted.push({ index, path, report, namespace: place });
    else refused.push(outside(index, namespace, place));
  }
  return { admitted, refused };
}

const LISTS = ['findings', 'resolve'].map((name) => ({ path: ['body', name], max: MAX_FINDINGS }));

function check(
  report: unknown,
  at: string,
): { report: NormalizedReport } | { error: string; details: NonNullable<ReportResult['details']> } {
  let faults = isPlainReport(report) ? [] : faultsOf(reportSchema, report, LISTS);
  if (faults.length === 0) {
    const normalized = normalize(report as Report);
    if (normalized.report) return { report: normalized.report };
    faults = normalized.faults;
  }
  const details = faults.map((fault) => ({ ...fault, path: joinPath(at, fault.path) }));
  return { error: summary(details), details };
}

function outside(index: number, namespace: string, place: 'missing' | 'terminating'): ReportResult {
  return place === 'missing'
    ? { index, status: 404, error: `namespace ${namespace} not found` }
    : { index, status: 409, error: `terminating: namespace ${namespace} is being deleted` };
}

export function joinPath(prefix: string, path: string): string {
  return prefix && path && !path.startsWith('[') ? `${prefix}.${path}` : prefix + path;
}

function once<T>(cache: Map<string, T>, key: string, make: () => T): T {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  return made;
}
