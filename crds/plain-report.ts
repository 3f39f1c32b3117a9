import { LINK_RELATIONS, SEVERITIES } from './issue.ts';
import { DNS_LABEL, LABEL_KEY, REASON, SOURCE_NAME } from './names.ts';
import { MAX_FINDINGS } from './report.ts';
import { parseTime } from './time.ts';

/**
 * `reportSchema` for reports without faults, which nearly all are: a few microseconds where Joi takes a tenth of a millisecond.
 * `true` only for what the schema accepts; `false` says nothing, then the schema is asked, which also names the faults. Every
 * rule here is as strict as the schema's or stricter (plain-report.test.ts holds it to that).
 */
type Check = (value: unknown) => boolean;

const CONTROLS = /[\u0000-\u001f\u007f]/;
const GROUP_VERSION = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?v[a-z0-9]+$/;
const KIND = /^[A-Za-z][A-Za-z0-9]*$/;
/** A subset of the URLs that the schema takes. */
const HTTP_URL =
  /^https?:\/\/[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*(?::\d{1,5})?(?:\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*)?(?:\?(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?(?:#(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?$/;

/** At least one character. */
const text =
  (max: number, pattern?: RegExp): Check =>
  (value) =>
    typeof value === 'string' && value !== '' && value.length <= max && (pattern === undefined || pattern.test(value));
/** Or none. */
const words =
  (max: number): Check =>
  (value) =>
    typeof value === 'string' && value.length <= max;
const printable =
  (max: number): Check =>
  (value) =>
    typeof value === 'string' && value.length <= max && !CONTROLS.test(value);
const time: Check = (value) => typeof value === 'string' && value.length <= 64 && parseTime(value) !== undefined;
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const boolean: Check = (value) => typeof value === 'boolean';
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);

const list =
  (max: number, item: Check): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length > max) return false;
    // Not `every`, which leaves out what was never set.
    for (const each of value) if (!item(each)) return false;
    return true;
  };

/** An object with these members and no others. */
function members(required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check {
  const checks = new Map(Object.entries({ ...required, ...optional }));
  const names = Object.keys(required);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const record = value as Readonly<Record<string, unknown>>;
    for (const name of Object.keys(record)) {
      const member = record[name];
      if (member === undefined) continue;
      if (checks.get(name)?.(member) !== true) return false;
    }
    for (const name of names) if (!Object.hasOwn(record, name) || record[name] === undefined) return false;
    return true;
  };
}

const labels: Check = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= 64 &&
    entries.every(([key, label]) => LABEL_KEY.test(key) && typeof label === 'string' && label.length <= 1_024)
  );
};

const url = text(4_096, HTTP_URL);

/** `evidenceSchema`, as `isPlainReport` is `reportSchema`. */
export const isPlainEvidence: Check = members(
  {},
  {
    failing: members({ apiVersion: words(317), kind: words(63), name: words(253) }),
    conditions: list(
      1_000,
      members(
        { type: words(316), status: words(63) },
        { reason: words(1_024), message: words(1_000_000), lastTransitionTime: words(64) },
      ),
    ),
    step: words(253),
    exitCode: (value) => Number.isSafeInteger(value),
    log: members({ lines: list(10_000, words(1_000_000)) }, { pod: words(253), container: words(253), cut: boolean }),
  },
);

const finding = members(
  {
    key: text(253),
    type: text(63),
    severity: oneOf(...SEVERITIES),
    reason: text(128, REASON),
    title: text(10_000),
  },
  {
    description: words(1_000_000),
    links: list(10_000, members({ rel: oneOf(...LINK_RELATIONS), title: text(10_000), url })),
    labels,
    group: text(253),
    dueAt: time,
    remediation: members({ text: text(8_192) }, { url }),
    evidence: isPlainEvidence,
  },
);

const findings = list(MAX_FINDINGS, finding);
const keys = list(MAX_FINDINGS, text(253));
const looked = { epoch: count, sequence: count };
const delivery = { deliveryId: text(253) };
const object = { apiVersion: text(317, GROUP_VERSION), kind: text(63, KIND) };

/** By what tells them apart; each check says so again. */
const ORDERS: ReadonlyMap<unknown, Check> = new Map([
  [
    'run',
    members(
      { class: oneOf('run'), uid: words(253), detail: count, ...looked },
      { completedAt: time, createdAt: time, ...delivery },
    ),
  ],
  ['state', members({ class: oneOf('state'), ...looked })],
  ['received', members({ class: oneOf('received') }, delivery)],
]);
const order: Check = (value) => ORDERS.get((value as { class?: unknown } | null)?.class)?.(value) === true;

const complete = members({ complete: oneOf(true), findings });
const incremental = members({ complete: oneOf(false), findings }, { resolve: keys });
const deletion = members({ deleted: oneOf('object', 'subject') });
const body: Check = (value) =>
  complete(value) ||
  deletion(value) ||
  (incremental(value) && isUnique((value as { resolve?: readonly string[] }).resolve ?? []));

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

const name: Check = (value) => value !== '' && printable(253)(value);

export const isPlainReport: Check = members(
  {
    source: text(63, SOURCE_NAME),
    namespace: text(63, DNS_LABEL),
    subject: members({ ...object, name }, { namespace: text(63, DNS_LABEL), aspect: printable(253) }),
    order,
    body,
  },
  {
    observedAt: time,
    observed: members({ ...object, name, uid: words(253) }),
    expiresAt: time,
    crossNamespaceText: boolean,
  },
);
