import {
  count,
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  type ObjectLike,
  oneLine,
  type Read,
  undecided,
  type Verdict,
} from '../../index.ts';
import { type Condition, conditionsOf, shownConditions, whyOf } from '../../states/conditions.ts';
import { isOutdated } from '../../states/metadata.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { POD_FIELDS } from '../pods/fields.ts';
import { podFindings } from '../pods/findings.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';

/** Deployments, with their Pods (docs/controllers/workloads-deployment.md). */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  watches: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    fields: [
      'spec.replicas',
      'spec.paused',
      'status.observedGeneration',
      'status.availableReplicas',
      'status.conditions.reason',
      'status.conditions.message',
    ],
  },
  reads: [
    // What is between a Deployment and its Pods: who owns whom is all there is to know.
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', fields: [] },
    // All Pods: every workload controller reads the same ones.
    { apiVersion: 'v1', kind: 'Pod', fields: POD_FIELDS },
  ],
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  logs: true,
  documentation: {
    summary:
      'Deployments that are not available, whose rollout is stuck, or whose Pods do not run. A rollout in progress is no failure.',
    findings: FINDINGS.catalogue,
  },
  observe,
});

async function observe(deployment: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  if (deployment.metadata.deletionTimestamp !== undefined) return undecided('Terminating');
  if (isOutdated(deployment)) return undecided('StatusOutdated');
  const timing = new Timing(read);
  const pods = await read.owned<ObjectLike>('Pod');
  const conditions = conditionsOf(deployment, timing);
  const who = `Deployment ${deployment.metadata.name}`;
  const findings = [
    ...availability(deployment, conditions, options, timing),
    ...rollout(who, conditions),
    ...replicaFailure(who, conditions.get('ReplicaFailure'), options, timing),
  ].map((finding) => ({ ...finding, evidence: { conditions: shownConditions(conditions.values()) } }));
  const ofPods = await podFindings(who, pods, { say: FINDINGS.of, read, options, timing });
  return observationOf(deployment, [...findings, ...ofPods], timing, options);
}

function availability(
  deployment: DeepReadonly<ObjectLike>,
  conditions: ReadonlyMap<string, Condition>,
  { unavailableFor }: Options,
  timing: Timing,
): Finding[] {
  const available = conditions.get('Available');
  const { spec, status } = fields(deployment);
  if (available?.status !== 'False' || fields(spec).replicas === 0 || isRollingOut(conditions)) return [];
  if (!timing.lasts(available.since, unavailableFor)) return [];
  const who = `Deployment ${deployment.metadata.name}`;
  const wanted = count(fields(spec).replicas) ?? 1;
  const description = whyOf(available) ?? '';
  if ((count(fields(status).availableReplicas) ?? 0) > 0) {
    const title = oneLine(`${who} has fewer available replicas than it needs (it wants ${wanted})`, 200);
    return [FINDINGS.of('ReplicasUnavailable', { title, description })];
  }
  const title = oneLine(`${who} has no available replica (it wants ${wanted})`, 200);
  return [FINDINGS.of('NoReplicasAvailable', { title, description })];
}

/** It is on its way, and its own deadline says when that is too long. Complete, or without a deadline, it is not. */
function isRollingOut(conditions: ReadonlyMap<string, Condition>): boolean {
  const progressing = conditions.get('Progressing');
  return progressing?.status === 'True' && progressing.reason !== 'NewReplicaSetAvailable';
}

function rollout(who: string, conditions: ReadonlyMap<string, Condition>): Finding[] {
  const progressing = conditions.get('Progressing');
  if (progressing?.status !== 'False' || progressing.reason !== 'ProgressDeadlineExceeded') return [];
  const title = oneLine(`The rollout of ${who} is stuck`, 200);
  return [FINDINGS.of('ProgressDeadlineExceeded', { title, description: whyOf(progressing) ?? '' })];
}

function replicaFailure(
  who: string,
  failure: Condition | undefined,
  { createFor }: Options,
  timing: Timing,
): Finding[] {
  if (failure?.status !== 'True' || !timing.lasts(failure.since, createFor)) return [];
  const title = oneLine(`${who} cannot create its Pods`, 200);
  return [FINDINGS.of('ReplicaFailure', { title, description: whyOf(failure) ?? '' })];
}
