import {
  type ControllerDefinition,
  count,
  type DeepReadonly,
  defineController,
  fields,
  type ObjectLike,
  type Read,
  undecided,
  type Verdict,
} from '../../index.ts';
import { conditionsOf, shownConditions } from '../../states/conditions.ts';
import { HELD, Memory } from '../../states/memory.ts';
import { controllerOf, isOutdated } from '../../states/metadata.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { POD_FIELDS } from '../pods/fields.ts';
import { podFindings } from '../pods/findings.ts';
import { creationFindings } from '../replicas/creation.ts';
import { shortageFindings, shortageOf } from '../replicas/shortage.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';

/** A kind that keeps so many equal Pods, and who else may stand behind an object of it. */
export interface ReplicaKind {
  readonly apiVersion: string;
  readonly kind: 'ReplicaSet' | 'ReplicationController';
  /** Completes "Those of …". */
  readonly owned: string;
}

/** ReplicaSets, or ReplicationControllers, that no controller made. Two kinds with one shape: a controller for each. */
export function replicaController({ apiVersion, kind, owned }: ReplicaKind): ControllerDefinition<ObjectLike, Options> {
  const memory = new Memory();
  return defineController<ObjectLike, Options>({
    apiVersion: 'controller/v1',
    watches: {
      apiVersion,
      kind,
      fields: ['spec.replicas', 'status.observedGeneration', 'status.conditions.reason', 'status.conditions.message'],
    },
    reads: [{ apiVersion: 'v1', kind: 'Pod', fields: POD_FIELDS }],
    options: optionsSchema,
    order: 'state',
    onDelete: 'resolve',
    logs: true,
    documentation: {
      summary: `${kind}s without a controller whose Pods are missing, not ready, or do not run. Those of ${owned}.`,
      findings: FINDINGS.catalogue,
    },
    observe: (set, read, options) => observe(set, read, options, memory),
  });
}

async function observe(set: DeepReadonly<ObjectLike>, read: Read, options: Options, memory: Memory): Promise<Verdict> {
  const owner = controllerOf(set);
  if (owner !== undefined) return undecided(`PartOf${owner.kind}`, { final: true });
  if (set.metadata.deletionTimestamp !== undefined) return undecided('Terminating');
  if (isOutdated(set)) return undecided('StatusOutdated');
  const timing = new Timing(read);
  const pods = await read.owned<ObjectLike>('Pod');
  const conditions = conditionsOf(set, timing);
  const who = `${set.kind} ${set.metadata.name}`;
  const wanted = count(fields(fields(set).spec).replicas) ?? 1;
  const shortage = shortageOf(set, pods, wanted, { read, memory, unavailableFor: options.unavailableFor, timing });
  if (shortage === undefined) return undecided(HELD, timing.again);
  const ofSet = [
    ...shortageFindings(who, shortage, wanted, FINDINGS.of),
    ...creationFindings(who, conditions, options.createFor, { timing, say: FINDINGS.of }),
  ].map((finding) => ({ ...finding, evidence: { conditions: shownConditions(conditions.values()) } }));
  const ofPods = await podFindings(who, pods, { say: FINDINGS.of, read, options, timing });
  return observationOf(set, [...ofSet, ...ofPods], timing, options);
}
