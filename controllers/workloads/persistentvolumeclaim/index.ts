import {
  type ControllerDefinition,
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  type ObjectLike,
  oneLine,
  type Read,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { type Condition, conditionsOf, shownConditions, whyOf } from '../../states/conditions.ts';
import { HELD, Memory } from '../../states/memory.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';

/** The scheduler writes it on a claim that a Pod waits for (volume binding mode WaitForFirstConsumer). */
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

/** PersistentVolumeClaims (docs/controllers/workloads-persistentvolumeclaim.md). */
export function persistentVolumeClaims(): ControllerDefinition<ObjectLike, Options> {
  const memory = new Memory();
  return defineController<ObjectLike, Options>({
    apiVersion: 'controller/v1',
    watches: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      fields: [
        'spec.storageClassName',
        'status.phase',
        'status.allocatedResourceStatuses',
        'status.conditions.reason',
        'status.conditions.message',
      ],
    },
    reads: [{ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', fields: ['volumeBindingMode'], optional: true }],
    options: optionsSchema,
    order: 'state',
    onDelete: 'resolve',
    documentation: {
      summary: 'PersistentVolumeClaims that get no volume, lost it, or could not be made larger.',
      findings: FINDINGS.catalogue,
    },
    observe: (claim, read, options) => observe(claim, read, options, memory),
  });
}

export default persistentVolumeClaims();

async function observe(
  claim: DeepReadonly<ObjectLike>,
  read: Read,
  options: Options,
  memory: Memory,
): Promise<Verdict> {
  if (claim.metadata.deletionTimestamp !== undefined) return undecided('Terminating');
  const timing = new Timing(read);
  const { status } = fields(claim);
  const who = `PersistentVolumeClaim ${claim.metadata.name}`;
  switch (fields(status).phase) {
    case 'Lost': {
      const title = oneLine(`${who} has lost its volume`, 200);
      return observationOf(claim, [FINDINGS.of('VolumeLost', { title })], timing, options);
    }
    case 'Pending': {
      const found = await pending(who, claim, read, { options, timing, memory });
      return found === HELD ? undecided(HELD, timing.again) : observationOf(claim, found, timing, options);
    }
    case 'Bound':
      memory.forget(claim, SELECTED_NODE);
      return observationOf(claim, resize(who, claim, timing), timing, options);
    default:
      return undecided('NoPhase');
  }
}

async function pending(
  who: string,
  claim: DeepReadonly<ObjectLike>,
  read: Read,
  { options: { pendingFor }, timing, memory }: { options: Options; timing: Timing; memory: Memory },
): Promise<Finding[] | typeof HELD> {
  const name = text(fields(fields(claim).spec).storageClassName);
  const storage = name === undefined ? undefined : await read.get<ObjectLike>('StorageClass', '', name);
  const known = await read.list<ObjectLike>('StorageClass', { namespace: '' });
  // Of a recording, or without the right to read classes, the absence of one means nothing.
  const isUsed = claim.metadata.annotations?.[SELECTED_NODE] !== undefined;
  const isMissing = read.live && name !== undefined && storage === undefined && known.length > 0;
  // Without a look at its class nobody knows whether it only waits for a Pod.
  const waitsForPod = name !== undefined && !isMissing && fields(storage).volumeBindingMode !== 'Immediate' && !isUsed;
  if (waitsForPod || !timing.lasts(timing.at(claim.metadata.creationTimestamp), pendingFor)) return [];
  // It may have been there for long before a Pod came and its volume was asked for.
  const askedFor = fields(storage).volumeBindingMode !== 'Immediate' && isUsed;
  const asked = askedFor ? memory.since(claim, SELECTED_NODE, read, timing) : undefined;
  if (asked !== undefined && !timing.lasts(asked, pendingFor)) return HELD;
  if (isMissing) {
    const title = oneLine(`${who} names the StorageClass ${name}, which does not exist`, 200);
    return [FINDINGS.of('StorageClassMissing', { title })];
  }
  const why = name === undefined ? 'It names no StorageClass.' : `StorageClass: ${name}`;
  return [FINDINGS.of('VolumePending', { title: oneLine(`${who} gets no volume`, 200), description: why })];
}

const REFUSED = /^(Controller|Node)ResizeInfeasible$/;

function resize(who: string, claim: DeepReadonly<ObjectLike>, timing: Timing): Finding[] {
  const conditions = conditionsOf(claim, timing);
  const errors = ['ControllerResizeError', 'NodeResizeError'].map((type) => conditions.get(type));
  const failed: Condition | undefined = errors.find((condition) => condition?.status === 'True');
  const statuses = Object.values(fields(fields(fields(claim).status).allocatedResourceStatuses));
  if (failed === undefined && !statuses.some((status) => REFUSED.test(String(status)))) return [];
  const description = (failed && whyOf(failed)) ?? '';
  const evidence = { conditions: shownConditions(conditions.values()) };
  return [
    FINDINGS.of('ResizeFailed', { title: oneLine(`${who} could not be made larger`, 200), description, evidence }),
  ];
}
