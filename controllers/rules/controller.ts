import { selectorText } from '../../crds/issue-rule.ts';
import { formatTime } from '../../crds/time.ts';
import type { LoadedController } from '../runtime/loader.ts';
import type { ClusterObject } from '../runtime/object.ts';
import type { ControllerDefinition, Observation } from '../runtime/plugin.ts';
import { TerminalError, undecided } from '../runtime/plugin.ts';
import { FirstSeen } from '../states/first-seen.ts';
import type { CompiledRule } from './compile.ts';
import { evaluateRule } from './evaluate.ts';
import { faultText } from './fault.ts';
import type { RuleGate } from './gate.ts';

/** What an object that is wrong, but not for long enough, is undecided for. */
export const HELD = 'Held';
/** A wrong object whose rule counts from when it was first seen is looked at again, so that it is not forgotten. */
const REMEMBER_MS = 3_600_000;
const CONCURRENCY = 2;

/** An object that a rule could not tell about. */
export interface Noted {
  /** `namespace/name` */
  readonly object: string;
  readonly message: string;
}

/** What the rules of one process share. */
export interface RuleRuntime {
  readonly gate: Pick<RuleGate, 'enter' | 'leave'>;
  /** By source: the last one. */
  readonly noted: Map<string, Noted>;
  /** By source: an edited rule goes on where its predecessor was. */
  readonly firstSeen: Map<string, FirstSeen>;
}

/** A rule as a controller: it runs where the controllers run, and knows no more than they do. */
export function ruleController(rule: CompiledRule, runtime: RuleRuntime): LoadedController {
  const { watches, namespace, source, kind, name } = rule;
  return {
    name: source,
    use: `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`,
    definition: definitionOf(rule, runtime),
    options: {},
    namespaces: namespace === undefined ? (watches.namespaces ?? ['*']) : [namespace],
    labelSelector: '',
    concurrency: CONCURRENCY,
    // A state is never too old.
    maxAgeMs: Number.POSITIVE_INFINITY,
  };
}

function definitionOf(rule: CompiledRule, { gate, noted, firstSeen: all }: RuleRuntime): ControllerDefinition {
  const { watches, namespace, source, forMs, everyMs } = rule;
  const tenant = namespace === undefined ? `the rule ${source}` : `the rules of namespace ${namespace}`;
  const firstSeen = all.get(source) ?? new FirstSeen(2 * REMEMBER_MS + forMs);
  if (forMs > 0) all.set(source, firstSeen);
  else all.delete(source);
  const nameOf = ({ metadata }: ClusterObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
  const note = (object: ClusterObject, message: string): string => {
    noted.set(source, { object: nameOf(object), message });
    return message;
  };
  return {
    apiVersion: 'controller/v1',
    watches: {
      apiVersion: [watches.apiVersion, ...(watches.otherVersions ?? [])],
      kind: watches.kind,
      fields: rule.fields,
      ...(watches.selector ? { labelSelector: selectorText(watches.selector) } : {}),
    },
    order: 'state',
    onDelete: 'resolve',
    async observe(observed, read) {
      const object = observed as ClusterObject;
      const now = read.now().getTime();
      // A kind without namespaces is nobody's own; the watch of a namespace shows all of it.
      if (namespace !== undefined && object.metadata.namespace !== namespace) {
        const message = `is not in namespace ${namespace}: kinds without namespaces are for a ClusterIssueRule`;
        return undecided(note(object, message), { final: true });
      }
      gate.enter(tenant, now);
      const id = object.metadata.uid ?? nameOf(object);
      let isRemembered = false;
      const look = await evaluateRule(rule, object, {
        now,
        firstSeen: () => {
          isRemembered = true;
          return firstSeen.since(id, now);
        },
      });
      gate.leave(tenant, look.units, now);
      if (look.verdict === 'healthy') firstSeen.forget(id);
      if ('subject' in look && noted.get(source)?.object === nameOf(object)) noted.delete(source);
      const again = (ms = Number.POSITIVE_INFINITY): { again?: number } => {
        const soonest = Math.min(ms, rule.uses.has('now') ? everyMs : Number.POSITIVE_INFINITY);
        return Number.isFinite(soonest) ? { again: soonest } : {};
      };
      switch (look.verdict) {
        case 'undecided':
          return undecided(note(object, faultText(look.fault)), again());
        case 'fault':
          throw new TerminalError(note(object, faultText(look.fault)));
        case 'held':
          return undecided(HELD, again(look.until - now));
        case 'healthy':
        case 'failing': {
          const observation: Observation = {
            subject: look.subject,
            findings: look.verdict === 'failing' ? look.findings : [],
            ...(look.namespace === undefined ? {} : { namespace: look.namespace }),
            ...(look.since === undefined ? {} : { observedAt: formatTime(look.since) }),
            ...again(isRemembered ? REMEMBER_MS : undefined),
          };
          return observation;
        }
        default:
          return look satisfies never;
      }
    },
  };
}
