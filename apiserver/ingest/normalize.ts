import { hash } from 'node:crypto';
import { cleanEvidence, evidenceText } from '../../crds/evidence.ts';
import { withoutText } from '../../crds/finding-text.ts';
import { everyAspectHash, subjectHash } from '../../crds/identity.ts';
import type { IssueSpec, Link, ObservedObject, Remediation, Subject } from '../../crds/issue.ts';
import { maskedLine, maskedLines } from '../../crds/masked-text.ts';
import { LABEL_VALUE } from '../../crds/names.ts';
import type { OrderKey } from '../../crds/order.ts';
import type { Finding, InputFault, Report, ReportOrder } from '../../crds/report.ts';
import { isPlainLine, oneLine, storable } from '../../crds/text.ts';
import { formatTime, parseTime } from '../../crds/time.ts';
import type { SubjectRef } from '../store/store.ts';
import type { NormalizedBody, NormalizedFinding, NormalizedReport } from './normalized.ts';

/**
 * The door: from a report that the schema accepted to one that can be stored and shown. Nothing here fails because of
 * ugly text; text is cut, cleaned and, where it is no valid label value, left out (crds/text.ts, design.md "Names").
 * Credentials in what a person reads are masked: it quotes containers and logs, and an issue is read by more than those.
 */

export const MAX_TITLE = 200;
export const MAX_DESCRIPTION_BYTES = 8 * 1024;
export const MAX_LINKS = 20;

export type Normalized =
  | { readonly report: NormalizedReport; readonly faults?: undefined }
  | { readonly report?: undefined; readonly faults: InputFault[] };

/** `report` must have passed `reportSchema`. Faults are those that only show after cleaning: two keys became one. */
export function normalize(report: Report): Normalized {
  const ref = refOf(report.namespace, report.source, report.subject);
  const observed = report.observed && cleanObserved(report.observed);
  const observedAt = micros(report.observedAt);
  const expiresAt = micros(report.expiresAt);
  const findings = findingsOf(report);
  const resolve = 'resolve' in report.body ? (report.body.resolve ?? []).map(identity) : [];
  const cleaned = findings.map((finding) => cleanFinding(finding, ref, observed, expiresAt));
  const faults = duplicateKeys(cleaned, resolve);
  if (faults.length > 0) return { faults };
  const deliveryId = report.order.class === 'state' ? undefined : report.order.deliveryId;
  return {
    report: {
      ref,
      order: orderKeyOf(report.order),
      body: bodyOf(report, ref.subject, cleaned, resolve),
      ...(observed ? { observed } : {}),
      ...(observedAt === undefined ? {} : { observedAt }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(deliveryId === undefined ? {} : { deliveryId: deliveryOf(ref, storable(deliveryId)) }),
    },
  };
}

/** Who reads the issue may not read its subject's namespace: text from there stays there, unless declared (decision 10). */
function findingsOf({ body, namespace, subject, crossNamespaceText }: Report): readonly Finding[] {
  if (!('findings' in body)) return [];
  const elsewhere = subject.namespace !== undefined && subject.namespace !== namespace;
  return elsewhere && crossNamespaceText !== true ? body.findings.map(withoutText) : body.findings;
}

/** The reference of a subject, hashed. The subject is cleaned: identities are NFC and can be stored. */
export function refOf(namespace: string, source: string, reported: Subject): SubjectRef {
  const subject = cleanSubject(reported);
  return { namespace, source, subject, hash: subjectHash(subject), everyAspect: everyAspectHash(subject) };
}

/**
 * What a sender calls its delivery says which look at a subject it is, and no more: another tenant of one source, or another
 * report of one array, may call theirs the same, and must neither be lost nor be answered with what became of this one (ADR 39).
 */
function deliveryOf({ namespace, hash: subject }: SubjectRef, id: string): string {
  return hash('sha256', JSON.stringify([namespace, subject, id]), 'base64url');
}

/** The order key of a report; `received` and deletions of runs still need their stamp. */
export function orderKeyOf(order: ReportOrder): OrderKey {
  switch (order.class) {
    case 'run': {
      const { uid, detail, epoch, sequence } = order;
      const completedAt = micros(order.completedAt);
      const createdAt = micros(order.createdAt);
      return {
        class: 'run',
        ...(completedAt === undefined ? {} : { completedAt }),
        ...(createdAt === undefined ? {} : { createdAt }),
        uid: storable(uid),
        detail,
        epoch,
        sequence,
      };
    }
    case 'state':
      return { class: 'state', epoch: order.epoch, sequence: order.sequence };
    case 'received':
      return { class: 'received', stampedAt: 0 };
  }
}

/** Hex SHA-256 of what a person saw: type, severity, reason and title (row 10). */
export function manualHashOf({ type, severity, reason, title }: IssueSpec): string {
  return hash('sha256', JSON.stringify([type, severity, reason, title]), 'hex');
}

function bodyOf(
  { body }: Report,
  subject: Subject,
  findings: readonly NormalizedFinding[],
  resolve: readonly string[],
): NormalizedBody {
  if ('deleted' in body) {
    return { kind: 'deleted', what: body.deleted === 'subject' && !subject.aspect ? 'everyAspect' : 'subject' };
  }
  return body.complete ? { kind: 'complete', findings } : { kind: 'incremental', findings, resolve };
}

function cleanFinding(
  finding: Finding,
  ref: SubjectRef,
  observed: ObservedObject | undefined,
  expiresAt: number | undefined,
): NormalizedFinding {
  const spec = specOf(finding, ref);
  const labels = validLabels(finding.labels);
  const content = JSON.stringify([spec, labels, observed ?? null, expiresAt ?? null]);
  const contentHash = hash('sha256', content, 'hex');
  const cleaned = { key: spec.key, spec, labels, contentHash };
  const evidence = finding.evidence && cleanEvidence(finding.evidence);
  return evidence ? { ...cleaned, evidence: { evidence, text: evidenceText(evidence) } } : cleaned;
}

/** Members in one fixed order: the content hash is over its JSON. */
function specOf(finding: Finding, { source, subject }: SubjectRef): IssueSpec {
  const description = described(finding.description);
  const links = (finding.links ?? []).slice(0, MAX_LINKS).map(cleanLink);
  // White space is the name of no group.
  const group = finding.group && oneLine(finding.group, 253);
  const dueAt = finding.dueAt === undefined ? undefined : parseTime(finding.dueAt);
  return {
    source,
    subject,
    key: identity(finding.key),
    type: oneLine(finding.type, 63) || 'unknown',
    severity: finding.severity,
    reason: finding.reason,
    title: maskedLine(finding.title, MAX_TITLE) || finding.reason,
    ...(description ? { description } : {}),
    ...(links.length > 0 ? { links } : {}),
    ...(group ? { group } : {}),
    ...(dueAt === undefined ? {} : { dueAt: formatTime(dueAt) }),
    ...(finding.remediation ? { remediation: cleanRemediation(finding.remediation) } : {}),
  };
}

/** Of a longer text only so much is looked at: a bound on the work, well above what is kept. */
function described(text = ''): string {
  return maskedLines(text.slice(0, MAX_DESCRIPTION_BYTES * 4), MAX_DESCRIPTION_BYTES);
}

function cleanLink({ rel, title, url }: Link): Link {
  return { rel, title: oneLine(title, MAX_TITLE), url: storable(url) };
}

function cleanRemediation({ text, url }: Remediation): Remediation {
  return { text: described(text), ...(url === undefined ? {} : { url: storable(url) }) };
}

function cleanSubject({ apiVersion, kind, namespace, name, aspect }: Subject): Subject {
  return {
    apiVersion,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name: identity(name),
    ...(aspect ? { aspect: identity(aspect) } : {}),
  };
}

function cleanObserved({ apiVersion, kind, name, uid }: ObservedObject): ObservedObject {
  return { apiVersion, kind, name: shown(name), uid: shown(uid) };
}

/** Sorted by key, values that are no label values left out. */
function validLabels(labels: Readonly<Record<string, string>> = {}): Record<string, string> {
  const valid = Object.entries(labels).filter(([, value]) => value !== '' && LABEL_VALUE.test(value));
  return Object.fromEntries(valid.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Identities are compared as NFC (crds/identity.ts), so they are kept as NFC. What a terminal would execute or reorder
 * is replaced, one for one, because they are shown too, and kubectl escapes only some of it.
 */
function identity(text: string): string {
  return isPlainLine(text) ? text : shown(text).normalize('NFC');
}

function shown(text: string): string {
  return isPlainLine(text) ? text : storable(text).replace(UNSHOWN, '\ufffd');
}

const UNSHOWN = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

function duplicateKeys(findings: readonly NormalizedFinding[], resolve: readonly string[]): InputFault[] {
  const seen = new Set<string>();
  const faults: InputFault[] = [];
  const check = (key: string, path: string): void => {
    if (seen.has(key)) {
      const message = `names the key "${key}" a second time: every key is one finding of this subject`;
      faults.push({ path, message, value: key });
    }
    seen.add(key);
  };
  findings.forEach((finding, index) => void check(finding.key, `body.findings[${index}].key`));
  resolve.forEach((key, index) => void check(key, `body.resolve[${index}]`));
  return faults;
}

function micros(time: string | undefined): number | undefined {
  const ms = parseTime(time);
  return ms === undefined ? undefined : ms * 1_000;
}
