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
import { HELD, Memory } from '../../states/memory.ts';
import { isOutdated } from '../../states/metadata.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { POD_FIELDS } from '../pods/fields.ts';
import { podFindings } from '../pods/findings.ts';
import { shortageFindings, shortageOf } from '../replicas/shortage.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';

/** StatefulSets, with their Pods (docs/controllers/workloads-statefulset.md). */
export function statefulSets(): ControllerDefinition<ObjectLike, Options> {
  const memory = new Memory();
  return defineController<ObjectLike, Options>({
    apiVersion: 'controller/v1',
    watches: { apiVersion: 'apps/v1', kind: 'StatefulSet', fields: ['spec.replicas', 'status.observedGeneration'] },
    reads: [{ apiVersion: 'v1', kind: 'Pod', fields: POD_FIELDS }],
    options: optionsSchema,
    order: 'state',
    onDelete: 'resolve',
    logs: true,
    documentation: {
      summary: 'StatefulSets whose Pods are missing, not ready, or do not run.',
      findings: FINDINGS.catalogue,
    },
    observe: (set, read, options) => observe(set, read, options, memory),
  });
}

export default statefulSets();

async function observe(set: DeepReadonly<ObjectLike>, read: Read, options: Options, memory: Memory): Promise<Verdict> {
  if (set.metadata.deletionTimestamp !== undefined) return undecided('Terminating');
  if (isOutdated(set)) return undecided('StatusOutdated');
  const timing = new Timing(read);
  const pods = await read.owned<ObjectLike>('Pod');
  const who = `StatefulSet ${set.metadata.name}`;
  const wanted = count(fields(fields(set).spec).replicas) ?? 1;
  const shortage = shortageOf(set, pods, wanted, { read, memory, unavailableFor: options.unavailableFor, timing });
  if (shortage === undefined) return undecided(HELD, timing.again);
  const ofPods = await podFindings(who, pods, { say: FINDINGS.of, read, options, timing });
  return observationOf(set, [...shortageFindings(who, shortage, wanted, FINDINGS.of), ...ofPods], timing, options);
}
