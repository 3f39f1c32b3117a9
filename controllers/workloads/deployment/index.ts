import {
  count,
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
import { isOutdated } from '../../states/metadata.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { POD_FIELDS } from '../pods/fields.ts';
import { podFindings } from '../pods/findings.ts';
import { creationFindings } from '../replicas/creation.ts';
import { shortageWords } from '../replicas/shortage.ts';
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
    ...unready(deployment, pods, conditions, { options, timing }),
    ...rollout(who, conditions),
    ...creationFindings(who, conditions, options.createFor, { timing, say: FINDINGS.of }),
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

/** Its strategy allows so few, so that it stays available: for a while that is what the strategy is for. */
function unready(
  deployment: DeepReadonly<ObjectLike>,
  pods: readonly DeepReadonly<ObjectLike>[],
  conditions: ReadonlyMap<string, Condition>,
  { options: { unavailableFor }, timing }: { options: Options; timing: Timing },
): Finding[] {
  const wanted = count(fields(fields(deployment).spec).replicas) ?? 1;
  const isSettled = conditions.get('Progressing')?.status !== 'False' && !isRollingOut(conditions);
  if (conditions.get('Available')?.status !== 'True' || !isSettled || wanted === 0) return [];
  const late = pods.filter((pod) => {
    // One that is over stays where it is, and another has taken its place.
    const isOver = ['Succeeded', 'Failed'].includes(text(fields(fields(pod).status).phase) ?? '');
    if (isOver || pod.metadata.deletionTimestamp !== undefined) return false;
    const ready = conditionsOf(pod, timing).get('Ready');
    const since = ready?.since ?? timing.at(pod.metadata.creationTimestamp);
    return ready?.status !== 'True' && timing.lasts(since, unavailableFor);
  });
  if (late.length === 0) return [];
  const words = shortageWords({ unready: Math.min(late.length, wanted), missing: 0 }, wanted);
  const title = oneLine(`Deployment ${deployment.metadata.name}: ${words}`, 200);
  return [FINDINGS.of('ReplicasUnavailable', { severity: 'minor', title })];
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
