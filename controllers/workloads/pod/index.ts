import {
  type DeepReadonly,
  defineController,
  fields,
  type ObjectLike,
  type Read,
  undecided,
  type Verdict,
} from '../../index.ts';
import { controllerOf } from '../../states/metadata.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { POD_FIELDS } from '../pods/fields.ts';
import { podFindings } from '../pods/findings.ts';
import { FINDINGS } from './catalogue.ts';
import { failedFindings } from './failed.ts';
import { type Options, optionsSchema } from './options.ts';

/** Pods that nobody but a person, or a node, stands behind (docs/controllers/workloads-pod.md). */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'v1', kind: 'Pod', fields: POD_FIELDS },
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  logs: true,
  documentation: {
    summary:
      'Pods without a controller, and the static Pods of nodes. The Pods of a Deployment, ReplicaSet, ReplicationController, StatefulSet, DaemonSet, Job or CronJob are findings of that workload; those of any other controller are left to whoever knows it.',
    findings: FINDINGS.catalogue,
  },
  observe,
});

async function observe(pod: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  const owner = controllerOf(pod);
  // A static Pod belongs to its node, which says nothing about it.
  if (owner !== undefined && owner.kind !== 'Node') return undecided(`PartOf${owner.kind}`, { final: true });
  const { phase } = fields(fields(pod).status);
  const timing = new Timing(read);
  const findings =
    phase === 'Failed' && pod.metadata.deletionTimestamp === undefined
      ? await failedFindings(pod, read, timing)
      : await podFindings(`Pod ${pod.metadata.name}`, [pod], { say: FINDINGS.of, read, options, timing });
  return observationOf(pod, findings, timing, options);
}
