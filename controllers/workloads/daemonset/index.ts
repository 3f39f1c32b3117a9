import {
  type ControllerDefinition,
  count,
  type DeepReadonly,
  defineController,
  fields,
  type ObjectLike,
  type Read,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { conditionsOf } from '../../states/conditions.ts';
import { HELD, Memory } from '../../states/memory.ts';
import { isOutdated } from '../../states/metadata.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { POD_FIELDS } from '../pods/fields.ts';
import { podFindings } from '../pods/findings.ts';
import { shortageFindings, shortageOf } from '../replicas/shortage.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';

/** DaemonSets, with their Pods (docs/controllers/workloads-daemonset.md). */
export function daemonSets(): ControllerDefinition<ObjectLike, Options> {
  const memory = new Memory();
  return defineController<ObjectLike, Options>({
    apiVersion: 'controller/v1',
    watches: {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      fields: ['status.observedGeneration', 'status.desiredNumberScheduled'],
    },
    reads: [
      { apiVersion: 'v1', kind: 'Pod', fields: POD_FIELDS },
      {
        apiVersion: 'v1',
        kind: 'Node',
        fields: ['status.conditions.type', 'status.conditions.status'],
        optional: true,
      },
    ],
    options: optionsSchema,
    order: 'state',
    onDelete: 'resolve',
    logs: true,
    documentation: {
      summary:
        'DaemonSets whose Pods are missing, not ready, or do not run. Pods on a node that is not ready do not count: one broken node is one issue, of `workloads/node`.',
      findings: FINDINGS.catalogue,
    },
    observe: (set, read, options) => observe(set, read, options, memory),
  });
}

export default daemonSets();

async function observe(set: DeepReadonly<ObjectLike>, read: Read, options: Options, memory: Memory): Promise<Verdict> {
  if (set.metadata.deletionTimestamp !== undefined) return undecided('Terminating');
  if (isOutdated(set)) return undecided('StatusOutdated');
  const timing = new Timing(read);
  const all = await read.owned<ObjectLike>('Pod');
  const broken = await brokenNodes(all, read);
  const pods = all.filter((pod) => !broken.has(nodeOf(pod) ?? ''));
  const who = `DaemonSet ${set.metadata.name}`;
  const desired = count(fields(fields(set).status).desiredNumberScheduled) ?? 0;
  const wanted = Math.max(0, desired - (all.length - pods.length));
  const shortage = shortageOf(set, pods, wanted, { read, memory, unavailableFor: options.unavailableFor, timing });
  if (shortage === undefined) return undecided(HELD, timing.again);
  const ofPods = await podFindings(who, pods, { say: FINDINGS.of, read, options, timing });
  return observationOf(set, [...shortageFindings(who, shortage, wanted, FINDINGS.of), ...ofPods], timing, options);
}

/** The nodes that are known not to be ready. */
async function brokenNodes(pods: readonly DeepReadonly<ObjectLike>[], read: Read): Promise<ReadonlySet<string>> {
  const names = [...new Set(pods.map(nodeOf).filter((name) => name !== undefined))];
  const nodes = await Promise.all(names.map((name) => read.get<ObjectLike>('Node', '', name)));
  const isBroken = (node: DeepReadonly<ObjectLike>): boolean =>
    ['False', 'Unknown'].includes(conditionsOf(node, new Timing(read)).get('Ready')?.status ?? '');
  return new Set(nodes.flatMap((node) => (node !== undefined && isBroken(node) ? [node.metadata.name] : [])));
}

function nodeOf(pod: DeepReadonly<ObjectLike>): string | undefined {
  return text(fields(fields(pod).spec).nodeName);
}
