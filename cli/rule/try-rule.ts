import { type CompiledRule, evaluateRule, type RuleFault, type RuleLook } from '../../controllers/rules/index.ts';
import type { ClusterObject } from '../../controllers/runtime/index.ts';
import { parseLabelSelector } from '../../controllers/runtime/label-selector.ts';
import { NamespaceFilter } from '../../controllers/runtime/namespaces.ts';
import { kindId } from '../../controllers/runtime/object.ts';
import { reportOf } from '../../controllers/runtime/observation.ts';
import { createStrip } from '../../controllers/runtime/strip.ts';
import { selectorText } from '../../crds/issue-rule.ts';
import type { Report } from '../../crds/report.ts';
import { formatTime } from '../../crds/time.ts';

/** What a rule says about one object. */
export interface Tried {
  readonly object: ClusterObject;
  /** Why the rule does not look at it, though it is of its kind. */
  readonly left?: string;
  readonly look?: RuleLook;
  /** What would be reported, of a look that has a verdict. */
  readonly report?: Report;
  /** Why it cannot be reported: of a look, or of the report that it makes. */
  readonly fault?: RuleFault;
}

/** Where issues live that are about no namespace. */
const CLUSTER_SCOPED = 'faultline-system';

/** Tries a rule on objects as the controllers would see them; those of other kinds are left out. */
export async function tryRule(
  rule: CompiledRule,
  objects: readonly ClusterObject[],
  how: { readonly now: number; readonly namespace?: string | undefined },
): Promise<Tried[]> {
  const kinds = new Set(
    [rule.watches.apiVersion, ...(rule.watches.otherVersions ?? [])].map((version) =>
      kindId(version, rule.watches.kind),
    ),
  );
  const strip = createStrip(rule.fields);
  const why = whyNot(rule, how.namespace);
  const tried: Tried[] = [];
  for (const object of objects) {
    if (!kinds.has(kindId(object.apiVersion, object.kind))) continue;
    const left = why(object);
    tried.push(left === undefined ? await look(rule, object, strip(object), how.now) : { object, left });
  }
  return tried;
}

function whyNot(rule: CompiledRule, namespace: string | undefined): (object: ClusterObject) => string | undefined {
  const selector = selectorText(rule.watches.selector);
  const matches = parseLabelSelector(selector);
  const inside = new NamespaceFilter(
    rule.namespace === undefined ? (rule.watches.namespaces ?? ['*']) : [rule.namespace],
  );
  return ({ metadata }) => {
    const home = metadata.namespace ?? '';
    if (namespace !== undefined && home !== namespace) return `it is not in namespace ${namespace}`;
    if (rule.namespace !== undefined && home !== rule.namespace) {
      return home === ''
        ? 'it has no namespace, and an IssueRule looks at its own only'
        : `it is in another namespace than the rule (${rule.namespace})`;
    }
    if (!inside.matches(home)) return `its namespace is not among ${inside.patterns.join(', ')}`;
    return matches(metadata.labels ?? {}) ? undefined : `its labels do not match ${selector}`;
  };
}

async function look(rule: CompiledRule, object: ClusterObject, stripped: ClusterObject, now: number): Promise<Tried> {
  // What is recorded was there before: how long, nobody knows, so it counts as long enough.
  let isKnown = rule.since !== undefined;
  const seen = await evaluateRule(rule, stripped, {
    now,
    firstSeen: () => {
      isKnown = false;
      return now - rule.forMs;
    },
  });
  if (seen.verdict === 'undecided' || seen.verdict === 'fault') return { object, look: seen, fault: seen.fault };
  if (seen.verdict === 'held') return { object, look: seen };
  const { subject, namespace, since } = seen;
  const observation = {
    subject,
    findings: seen.verdict === 'failing' ? seen.findings : [],
    ...(namespace === undefined ? {} : { namespace }),
    ...(since === undefined || !isKnown ? {} : { observedAt: formatTime(since) }),
  };
  try {
    const report = reportOf(observation, {
      ...{ source: rule.source, order: 'state', object, epoch: 0, sequence: 0, detail: 0 },
      ...{ clusterScopedNamespace: CLUSTER_SCOPED, crossNamespaceText: false, live: true },
    });
    return { object, look: seen, report };
  } catch (error) {
    return { object, look: seen, fault: { path: ['spec'], message: (error as Error).message } };
  }
}
