import { Gauge, type Registry } from 'prom-client';
import { WELL_KNOWN_TYPES } from '../../crds/issue.ts';
import type { IssueCount } from './issue-tally.ts';

/** What namespaces and types without a series of their own are called together; no namespace has such a name. */
export const OTHERS = '_other';

/** `type` is open text: besides the well-known ones at most so many, the first by name, have series of their own. */
const MAX_TYPES = 20;

export interface IssueGaugeOptions {
  /** Namespaces with series of their own, the first by name; 0: no label `namespace`. */
  readonly maxNamespaces: number;
}

/**
 * `faultline_issues{namespace, severity, type}`: so that Alertmanager can tell people. Which names have series of their own
 * depends on nothing but what there is, so that all replicas tell the same.
 */
export function issueGauge(
  registry: Registry,
  counts: () => Iterable<IssueCount>,
  { maxNamespaces }: IssueGaugeOptions,
): void {
  new Gauge({
    name: 'faultline_issues',
    help: 'Active issues. Every server tells all of them: take the max of them, never the sum.',
    labelNames: maxNamespaces > 0 ? ['namespace', 'severity', 'type'] : ['severity', 'type'],
    registers: [registry],
    collect() {
      const now = [...counts()];
      const namespaceOf = shown(new Set(now.map(({ namespace }) => namespace)), maxNamespaces);
      const types = new Set(now.map(({ type }) => type).filter((type) => !WELL_KNOWN.has(type)));
      const typeOf = shown(types, MAX_TYPES);
      this.reset();
      for (const { namespace, severity, type, active } of now) {
        const labels = { severity, type: WELL_KNOWN.has(type) ? type : typeOf(type) };
        this.inc(maxNamespaces > 0 ? { namespace: namespaceOf(namespace), ...labels } : labels, active);
      }
    },
  });
}

const WELL_KNOWN: ReadonlySet<string> = new Set<string>(WELL_KNOWN_TYPES);

/** A name as it is, while it is one of the first so many. */
function shown(names: ReadonlySet<string>, max: number): (name: string) => string {
  if (names.size <= max) return (name) => name;
  const own = new Set([...names].sort().slice(0, max));
  return (name) => (own.has(name) ? name : OTHERS);
}
