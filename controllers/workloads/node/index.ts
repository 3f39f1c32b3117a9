import {
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  type ObjectLike,
  oneLine,
  type Read,
  records,
  undecided,
  type Verdict,
} from '../../index.ts';
import { type Condition, conditionsOf, shownConditions, whyOf } from '../../states/conditions.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';

/** Nodes (docs/controllers/workloads-node.md). */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  watches: {
    apiVersion: 'v1',
    kind: 'Node',
    // Not the whole conditions: their heartbeat alone would be a change every five minutes.
    fields: [
      'spec.unschedulable',
      'spec.taints.key',
      'spec.taints.timeAdded',
      'status.conditions.reason',
      'status.conditions.message',
    ],
  },
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  documentation: {
    summary: 'Nodes that are not ready, under pressure, or cordoned for long.',
    findings: FINDINGS.catalogue,
  },
  observe,
});

function observe(node: DeepReadonly<ObjectLike>, read: Read, options: Options): Verdict {
  const timing = new Timing(read);
  const conditions = conditionsOf(node, timing);
  const ready = conditions.get('Ready');
  if (ready === undefined) return undecided('NoConditions');
  const { name } = node.metadata;
  const findings = [...readiness(name, ready, options, timing), ...pressures(name, conditions, options, timing)].map(
    (finding) => ({ ...finding, evidence: { conditions: shownConditions(conditions.values()) } }),
  );
  return observationOf(node, [...findings, ...cordoned(name, node, options, timing)], timing, options);
}

function readiness(name: string, ready: Condition, { notReadyFor }: Options, timing: Timing): Finding[] {
  if (ready.status === 'True' || !timing.lasts(ready.since, notReadyFor)) return [];
  const description = whyOf(ready) ?? '';
  if (ready.status === 'False') {
    return [FINDINGS.of('NotReady', { title: oneLine(`Node ${name} is not ready`, 200), description })];
  }
  return [FINDINGS.of('Unreachable', { title: oneLine(`Node ${name} does not answer`, 200), description })];
}

const PRESSURES = {
  MemoryPressure: 'runs out of memory',
  DiskPressure: 'runs out of disk',
  PIDPressure: 'runs out of process ids',
  NetworkUnavailable: 'has no network',
} as const;

function pressures(
  name: string,
  conditions: ReadonlyMap<string, Condition>,
  { pressureFor, problemConditions }: Options,
  timing: Timing,
): Finding[] {
  const isBad = (condition: Condition | undefined): condition is Condition =>
    condition?.status === 'True' && timing.lasts(condition.since, pressureFor);
  const known = Object.keys(PRESSURES) as (keyof typeof PRESSURES)[];
  const ofKubernetes = known.map((type) => ({ reason: type, type, phrase: PRESSURES[type] }));
  const others = new Set(problemConditions.filter((type) => !Object.hasOwn(PRESSURES, type)));
  const ofOthers = [...others].map((type) => ({
    reason: 'NodeProblem' as const,
    type,
    phrase: `has the problem ${type}`,
  }));
  return [...ofKubernetes, ...ofOthers].flatMap(({ reason, type, phrase }) => {
    const condition = conditions.get(type);
    if (!isBad(condition)) return [];
    const words = { key: `condition/${type}`, title: oneLine(`Node ${name} ${phrase}`, 200) };
    return [FINDINGS.of(reason, { ...words, description: whyOf(condition) ?? '' })];
  });
}

function cordoned(name: string, node: DeepReadonly<ObjectLike>, { cordonedFor }: Options, timing: Timing): Finding[] {
  const { unschedulable, taints } = fields(fields(node).spec);
  if (unschedulable !== true) return [];
  const taint = records(taints).find(({ key }) => key === 'node.kubernetes.io/unschedulable');
  // The taint comes with it, and has its time; without, it was cordoned just now.
  if (taint === undefined || !timing.lasts(timing.at(taint.timeAdded), cordonedFor)) return [];
  return [FINDINGS.of('Cordoned', { title: oneLine(`Node ${name} is cordoned`, 200) })];
}
