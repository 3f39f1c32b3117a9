import {
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
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';

/** HorizontalPodAutoscalers (docs/controllers/workloads-horizontalpodautoscaler.md). */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  watches: {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    fields: ['spec.maxReplicas', 'status.observedGeneration', 'status.conditions.reason', 'status.conditions.message'],
  },
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  documentation: {
    summary: 'HorizontalPodAutoscalers that cannot scale, have no metrics, or have been at their maximum for long.',
    findings: FINDINGS.catalogue,
  },
  observe,
});

function observe(autoscaler: DeepReadonly<ObjectLike>, read: Read, options: Options): Verdict {
  if (isOutdated(autoscaler)) return undecided('StatusOutdated');
  const timing = new Timing(read);
  const conditions = conditionsOf(autoscaler, timing);
  if (conditions.size === 0) return undecided('NoConditions');
  const who = `HorizontalPodAutoscaler ${autoscaler.metadata.name}`;
  const { failingFor, limitedFor } = options;
  const is = (condition: Condition | undefined, status: string, duration: string): condition is Condition =>
    condition?.status === status && timing.lasts(condition.since, duration);
  const findings: Finding[] = [];
  const say = (reason: (typeof FINDINGS.reasons)[number], phrase: string, condition: Condition): void => {
    const words = { title: oneLine(`${who} ${phrase}`, 200), description: whyOf(condition) ?? '' };
    findings.push(FINDINGS.of(reason, { ...words, evidence: { conditions: shownConditions([condition]) } }));
  };
  const [able, active, limited] = ['AbleToScale', 'ScalingActive', 'ScalingLimited'].map((type) =>
    conditions.get(type),
  );
  if (is(able, 'False', failingFor)) say('CannotScale', 'cannot scale its target', able);
  // Somebody scaled the target to 0: that is how an autoscaler is switched off.
  if (active?.reason !== 'ScalingDisabled' && is(active, 'False', failingFor))
    say('NoMetrics', 'has no metrics', active);
  if (limited?.reason === 'TooManyReplicas' && is(limited, 'True', limitedFor)) {
    const { maxReplicas } = fields(fields(autoscaler).spec);
    say('AtMaximum', `is at its maximum of ${String(maxReplicas)} replicas and wants more`, limited);
  }
  return observationOf(autoscaler, findings, timing, options);
}
