/** A vulnerability that somebody looked at and that may be shipped for a while (docs/security.md). */
export interface AcceptedAdvisory {
  /** `GHSA-xxxx-xxxx-xxxx`, the end of the advisory's URL. */
  readonly id: string;
  /** The package that has it. */
  readonly package: string;
  /** Why it harms nobody here. */
  readonly reason: string;
  /** The last day, `2026-12-31`; at most a year ahead. */
  readonly expires: string;
}

const DAY = 86_400_000;
const KEYS = ['id', 'package', 'reason', 'expires'] as const;

/** The entries of scripts/accepted-advisories.json, and what is wrong with them, a line each. `now`: ms since 1970. */
export function readAccepted(
  text: string,
  now: number,
): { readonly accepted: readonly AcceptedAdvisory[]; readonly faults: readonly string[] } {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (error) {
    return { accepted: [], faults: [`it is no JSON: ${(error as Error).message}`] };
  }
  if (!Array.isArray(entries)) return { accepted: [], faults: ['it is no list'] };
  const faults = entries.flatMap((entry: unknown, index) => faultsOf(entry, now).map((fault) => `[${index}] ${fault}`));
  return { accepted: faults.length > 0 ? [] : (entries as AcceptedAdvisory[]), faults };
}

function faultsOf(entry: unknown, now: number): string[] {
  if (typeof entry !== 'object' || entry === null) return ['is no object'];
  const given = entry as Record<string, unknown>;
  const unknown = Object.keys(given).filter((key) => !(KEYS as readonly string[]).includes(key));
  const missing = KEYS.filter((key) => typeof given[key] !== 'string' || given[key].trim() === '');
  if (unknown.length + missing.length > 0) {
    return [...unknown.map((key) => `${key} is not known`), ...missing.map((key) => `${key} is missing`)];
  }
  const { id, expires, package: name } = entry as AcceptedAdvisory;
  const faults = /^GHSA(-[23456789cfghjmpqrvwx]{4}){3}$/.test(id) ? [] : [`id ${JSON.stringify(id)} is no GHSA id`];
  const end = /^\d{4}-\d{2}-\d{2}$/.test(expires) ? Date.parse(expires) : Number.NaN;
  if (Number.isNaN(end)) return [...faults, `expires ${JSON.stringify(expires)} is no day, such as 2026-12-31`];
  if (end + DAY <= now) faults.push(`${id} in ${name} expired on ${expires}: look at it again`);
  if (end > now + 366 * DAY) faults.push(`expires ${expires} is more than a year ahead`);
  return faults;
}
