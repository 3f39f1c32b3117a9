import type Joi from 'joi';
import { cleanEvidence, evidenceSchema } from '../../crds/evidence.ts';
import { withoutText } from '../../crds/finding-text.ts';
import { subjectHash } from '../../crds/identity.ts';
import { isPlainEvidence, isPlainReport } from '../../crds/plain-report.ts';
import type { Finding, Link, Report, ReportOrder, Subject } from '../../crds/report.ts';
import { reportSchema } from '../../crds/report.ts';
import { multiLine, oneLine } from '../../crds/text.ts';
import type { NoVerdict } from './ledger.ts';
import { type ClusterObject, isRecord } from './object.ts';
import { type Observation, TerminalError, type Undecided } from './plugin.ts';
import { completionTime, validTime } from './run-times.ts';

/**
 * From what a plugin answered to the reports that are sent. Plugins are strangers and objects are hostile: what can be
 * repaired without changing its meaning (an endless title, ten thousand links, an invalid date) is repaired here, what
 * cannot is the plugin's fault and named with its path.
 */

/** As the API serves them (contracts.md, Issue). */
const MAX_TITLE = 200;
const MAX_DESCRIPTION = 8_192;
const MAX_LINKS = 20;
const MAX_LINK_TITLE = 200;

export interface Look {
  readonly source: string;
  readonly order: 'run' | 'state';
  readonly object: ClusterObject;
  readonly epoch: number;
  readonly sequence: number;
  /** Owned objects that were found finished. */
  readonly detail: number;
  /** For observations without a namespace of their own about objects without one. */
  readonly clusterScopedNamespace: string;
  /** Of the definition: what findings say may leave the namespace that they are about. */
  readonly crossNamespaceText: boolean;
  /** Recorded objects are never too old: their reports expire never (design.md "Age"). */
  readonly live: boolean;
}

/** Told apart by shape, never `instanceof`: a plugin may come with its own copy of `undecided`. */
export function isUndecided(verdict: unknown): verdict is Undecided {
  return isRecord(verdict) && typeof verdict.undecided === 'string';
}

/** The observations of a verdict. Throws a TerminalError when it is none: a fault of the plugin. */
export function observationsOf(verdict: unknown): readonly Observation[] {
  const list: readonly unknown[] = Array.isArray(verdict) ? verdict : [verdict];
  for (const [index, observation] of list.entries()) {
    const at = Array.isArray(verdict) ? `[${index}]` : '';
    if (!isRecord(observation))
      throw new TerminalError(
        `observe() answered ${describe(observation)}${at}: expected an observation or undecided(reason)`,
      );
    if (!isRecord(observation.subject))
      throw new TerminalError(`observe() answered an observation${at} without a subject`);
    if (!Array.isArray(observation.findings)) {
      throw new TerminalError(`observe() answered an observation${at} without findings: healthy is an empty list`);
    }
    if (typeof observation.noVerdict === 'string' && observation.findings.length > 0) {
      throw new TerminalError(`observe() answered an observation${at} with findings and with noVerdict: one of them`);
    }
  }
  return list as readonly Observation[];
}

/** The report of one observation. Throws a TerminalError that names every fault with its path. */
export function reportOf(observation: Observation, look: Look): Report {
  const { object, crossNamespaceText } = look;
  const namespace = issueNamespace(observation, look);
  // The report does not say where the observed object is; whether its subject is elsewhere, the engine sees.
  const elsewhere = object.metadata.namespace !== undefined && object.metadata.namespace !== namespace;
  const findings = observation.findings.map(finding);
  const report: Report = {
    source: look.source,
    namespace,
    subject: subjectOf(observation.subject),
    order: orderOf(observation, look),
    observed: {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name: object.metadata.name,
      uid: object.metadata.uid ?? '',
    },
    ...optionalTime('observedAt', observation.observedAt),
    ...(look.order === 'run' && look.live ? optionalTime('expiresAt', observation.expiresAt) : {}),
    ...(crossNamespaceText ? { crossNamespaceText } : {}),
    body: { complete: true, findings: elsewhere && !crossNamespaceText ? findings.map(withoutText) : findings },
  };
  return validated(report);
}

/** By subject, in the order of the observations: two of one subject would contradict each other. */
export function reportsOf(observations: readonly Observation[], look: Look): Map<string, Report> {
  const reports = new Map<string, Report>();
  for (const observation of observations) {
    const report = reportOf(observation, look);
    const subjectId = subjectIdOf(report.namespace, report.subject);
    if (reports.has(subjectId)) {
      const { kind, name } = report.subject;
      throw new TerminalError(`observe() answered two observations of ${kind} ${name} with one aspect`);
    }
    reports.set(subjectId, report);
  }
  return reports;
}

/** What makes two reports speak about the same thing. */
export function subjectIdOf(namespace: string, subject: Subject): string {
  return `${namespace}\u0000${subjectHash(subject)}`;
}

/** `reportsOf(observations)`, parted: what has no verdict is spoken about, and nothing is sent of it. */
export function decidedReports(
  reports: ReadonlyMap<string, Report>,
  observations: readonly Observation[],
): { decided: Map<string, Report>; noVerdict: NoVerdict[] } {
  const decided = new Map<string, Report>();
  const noVerdict: NoVerdict[] = [];
  for (const [index, [id, report]] of [...reports].entries()) {
    const reason = observations[index]?.noVerdict;
    if (typeof reason === 'string') noVerdict.push({ subject: report.subject, reason });
    else decided.set(id, report);
  }
  return { decided, noVerdict };
}

/** The report that an observed object, or a subject, is gone. A run's time is the database's: it beats every run so far. */
export function deletionOf(
  what: 'object' | 'subject',
  where: { namespace: string; subject: Subject },
  look: Look,
): Report {
  const { object, epoch, sequence } = look;
  const uid = object.metadata.uid ?? object.metadata.name;
  const order: ReportOrder =
    look.order === 'state' ? { class: 'state', epoch, sequence } : { class: 'run', uid, detail: 0, epoch, sequence };
  return { source: look.source, namespace: where.namespace, subject: where.subject, order, body: { deleted: what } };
}

function orderOf(observation: Observation, look: Look): ReportOrder {
  const { object, epoch, sequence } = look;
  if (look.order === 'state') return { class: 'state', epoch, sequence };
  return {
    class: 'run',
    ...optionalTime('completedAt', validTime(observation.completedAt) ?? completionTime(object)),
    ...optionalTime('createdAt', validTime(observation.createdAt) ?? object.metadata.creationTimestamp),
    uid: object.metadata.uid ?? object.metadata.name,
    detail: Number.isSafeInteger(observation.detail) ? Math.max(0, observation.detail as number) : look.detail,
    epoch,
    sequence,
  };
}

function optionalTime<Name extends string>(name: Name, text: unknown): { [key in Name]?: string } {
  const time = validTime(text);
  return (time === undefined ? {} : { [name]: time }) as { [key in Name]?: string };
}

function issueNamespace(observation: Observation, look: Look): string {
  const namespace = observation.namespace ?? look.object.metadata.namespace ?? observation.subject.namespace;
  return namespace || look.clusterScopedNamespace;
}

function subjectOf(subject: Observation['subject']): Subject {
  const { namespace, aspect, ...rest } = subject;
  return { ...rest, ...(namespace ? { namespace } : {}), ...(aspect ? { aspect } : {}) };
}

function finding(raw: Finding, index: number): Finding {
  if (!isRecord(raw)) throw new TerminalError(`observe() answered ${describe(raw)} as findings[${index}]`);
  const { description, links, dueAt, evidence: shown, ...rest } = raw as Finding;
  const evidence = isRecord(shown) ? evidenceOf(shown, index) : undefined;
  return {
    ...rest,
    title: typeof raw.title === 'string' ? oneLine(raw.title, MAX_TITLE) : raw.title,
    ...(typeof description === 'string' && description !== ''
      ? { description: multiLine(description, MAX_DESCRIPTION) }
      : {}),
    ...(Array.isArray(links) ? { links: usableLinks(links) } : {}),
    ...optionalTime('dueAt', dueAt),
    ...(evidence ? { evidence } : {}),
  };
}

/** Masked here: no credential leaves this process. What is no evidence is the plugin's fault, like any other. */
function evidenceOf(evidence: Readonly<Record<string, unknown>>, index: number): Finding['evidence'] {
  const { error } = isPlainEvidence(evidence) ? {} : evidenceSchema.validate(evidence, { convert: false });
  if (error)
    throw new TerminalError(`observe() answered an invalid observation: findings[${index}].evidence.${error.message}`);
  return cleanEvidence(evidence as Finding['evidence'] & object);
}

function usableLinks(links: readonly Link[]): Link[] {
  const usable: Link[] = [];
  for (const link of links) {
    if (usable.length === MAX_LINKS) break;
    if (!isRecord(link) || typeof link.url !== 'string' || link.url.length > 4_096 || !isHttp(link.url)) continue;
    usable.push({ ...(link as unknown as Link), title: oneLine(String(link.title ?? link.url), MAX_LINK_TITLE) });
  }
  return usable;
}

/** As strict as the schema's URI: what URL would silently encode is dropped instead. */
function isHttp(url: string): boolean {
  return /^https?:\/\/[\x21-\x7e]+$/i.test(url) && !/["<>\\^`{|}]/.test(url) && URL.canParse(url);
}

function validated(report: Report): Report {
  const faults = isPlainReport(report) ? repeatedKeys(report) : faultsOf(report);
  if (faults.length === 0) return report;
  throw new TerminalError(`observe() answered an invalid observation: ${faults.join('; ')}`);
}

function faultsOf(report: Report): string[] {
  const { error } = reportSchema.validate(report, { abortEarly: false, convert: false });
  return error?.details.map((detail: Joi.ValidationErrorItem) => detail.message) ?? repeatedKeys(report);
}

/** The server would refuse it too, but only the plugin's author can change it. */
function repeatedKeys({ body }: Report): string[] {
  const keys = 'findings' in body ? body.findings.map(({ key }) => key) : [];
  return keys.flatMap((key, index) =>
    keys.indexOf(key) === index ? [] : [`"body.findings[${index}].key" names ${JSON.stringify(key)} a second time`],
  );
}

function describe(value: unknown): string {
  return value === undefined || value === null ? String(value) : Array.isArray(value) ? 'a list' : typeof value;
}
