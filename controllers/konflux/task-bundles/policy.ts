import { type Fields, fields, parseTime, records, text } from '../../index.ts';
import { compareVersions, type TaskBundle } from './bundle.ts';

/**
 * Which task bundles a policy trusts, and until when: the data of Conforma (Enterprise Contract). `trusted_tasks` lists
 * digests by bundle, each with an `expires_on`; `trusted_task_rules` denies by pattern and version from a date on.
 */
export interface Policy {
  readonly trusted: ReadonlyMap<string, readonly TrustedRecord[]>;
  readonly denied: readonly DenyRule[];
}

interface TrustedRecord {
  readonly ref: string;
  /** ms since 1970. */
  readonly expiresAt: number | undefined;
}

interface DenyRule {
  readonly pattern: string;
  readonly versions: readonly string[];
  readonly effectiveAt: number | undefined;
  /** Why, and what to do: the migration notes. */
  readonly message: string | undefined;
}

/** What is said about one bundle that is not the newest. */
export interface BundleVerdict {
  readonly bundle: TaskBundle;
  /** When it is not trusted any more, ms since 1970; undefined: it never was, as far as the policy says. */
  readonly until: number | undefined;
  readonly denied: boolean;
  readonly notes: string | undefined;
  /** The newest version (tag) of the task that the policy knows. */
  readonly newest: string | undefined;
}

/** Of rule data: objects with `trusted_tasks` and `trusted_task_rules`. What has another shape is passed over. */
export function policyOf(data: readonly Fields[]): Policy {
  const trusted = new Map<string, TrustedRecord[]>();
  const denied: DenyRule[] = [];
  for (const { trusted_tasks: tasks, trusted_task_rules: rules } of data) {
    for (const [key, list] of Object.entries(fields(tasks))) {
      const known = trusted.get(key) ?? [];
      for (const { ref, expires_on: expires } of records(list)) {
        if (typeof ref === 'string') known.push({ ref, expiresAt: parseTime(expires) });
      }
      trusted.set(key, known);
    }
    for (const group of Object.values(fields(fields(rules).deny))) denied.push(...records(group).flatMap(denyRule));
  }
  return { trusted, denied };
}

function denyRule({ pattern, versions, effective_on: effective, message }: Fields): DenyRule[] {
  const found = text(pattern);
  if (found === undefined || found.length > 1_024) return [];
  const constraints = Array.isArray(versions) ? versions.filter((one) => typeof one === 'string') : [];
  return [{ pattern: found, versions: constraints, effectiveAt: parseTime(effective), message: text(message) }];
}

/** Undefined when the policy has nothing against it, or does not know it. */
export function judge(policy: Policy, bundle: TaskBundle): BundleVerdict | undefined {
  const newest = newestVersion(policy, bundle);
  const rule = policy.denied
    .filter((one) => matches(one, bundle))
    .sort((a, b) => (a.effectiveAt ?? 0) - (b.effectiveAt ?? 0))[0];
  if (rule !== undefined) return { bundle, until: rule.effectiveAt ?? 0, denied: true, notes: rule.message, newest };
  const known = policy.trusted.get(bundle.key);
  // Without a digest it is whatever the tag is now, which is the newest.
  if (known === undefined || bundle.digest === undefined) return undefined;
  const record = known.find(({ ref }) => ref === bundle.digest);
  if (record === undefined) return { bundle, until: undefined, denied: false, notes: undefined, newest };
  return record.expiresAt === undefined
    ? undefined
    : { bundle, until: record.expiresAt, denied: false, notes: undefined, newest };
}

function newestVersion({ trusted }: Policy, { repository }: TaskBundle): string | undefined {
  return [...trusted.keys()]
    .filter((key) => key.startsWith(`${repository}:`))
    .map((key) => key.slice(repository.length + 1))
    .reduce<string | undefined>((a, b) => ((compareVersions(b, a ?? '0') ?? -1) > 0 ? b : a), undefined);
}

function matches({ pattern, versions }: DenyRule, { key, tag }: TaskBundle): boolean {
  // A pattern without a wildcard is the bundle with any tag.
  if (!glob(pattern, key) && !(!pattern.includes('*') && key.startsWith(`${pattern}:`))) return false;
  return versions.length === 0 || versions.some((constraint) => satisfies(tag, constraint));
}

/** `*` is any text. Without a regular expression: a policy must not be able to stop us with one. */
function glob(pattern: string, value: string): boolean {
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return pattern === value;
  if (!value.startsWith(first) || value.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const at = value.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return value.length - last.length >= from && value.endsWith(last);
}

/** `<0.4`, `>=v2`, `1.2.3`. A tag that is no version satisfies nothing. */
function satisfies(tag: string | undefined, constraint: string): boolean {
  const match = /^\s*(>=|<=|>|<|=)?\s*(v?[\d.]{1,32})\s*$/.exec(constraint.slice(0, 64));
  const compared = compareVersions(tag, match?.[2]);
  if (match === null || compared === undefined) return false;
  switch (match[1]) {
    case '>=':
      return compared >= 0;
    case '<=':
      return compared <= 0;
    case '>':
      return compared > 0;
    case '<':
      return compared < 0;
    default:
      return compared === 0;
  }
}
