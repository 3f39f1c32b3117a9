import {
  type ControllerDefinition,
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
import { HELD, Memory } from '../../states/memory.ts';
import { isOutdated } from '../../states/metadata.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';

/** HorizontalPodAutoscalers (docs/controllers/workloads-horizontalpodautoscaler.md). */
export function horizontalPodAutoscalers(): ControllerDefinition<ObjectLike, Options> {
  const memory = new Memory();
  return defineController<ObjectLike, Options>({
    apiVersion: 'controller/v1',
    watches: {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      fields: [
        'spec.maxReplicas',
        'status.observedGeneration',
        'status.conditions.reason',
        'status.conditions.message',
      ],
    },
    options: optionsSchema,
    order: 'state',
    onDelete: 'resolve',
    documentation: {
      summary: 'HorizontalPodAutoscalers that cannot scale, have no metrics, or have been at their maximum for long.',
      findings: FINDINGS.catalogue,
    },
    observe: (autoscaler, read, options) => observe(autoscaler, read, options, memory),
  });
}

export default horizontalPodAutoscalers();

function observe(autoscaler: DeepReadonly<ObjectLike>, read: Read, options: Options, memory: Memory): Verdict {
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
  if (limited?.status === 'True' && limited.reason === 'TooManyReplicas') {
    // Its time tells of the status alone: it may have been limited by its minimum, or by its policies, until now.
    const since = memory.since(autoscaler, limited.reason, read, timing);
    if (is(limited, 'True', limitedFor)) {
      if (!timing.lasts(since, limitedFor)) return undecided(HELD, timing.again);
      const { maxReplicas } = fields(fields(autoscaler).spec);
      say('AtMaximum', `is at its maximum of ${String(maxReplicas)} replicas and wants more`, limited);
    }
  } else memory.forget(autoscaler, 'TooManyReplicas');
  return observationOf(autoscaler, findings, timing, options);
}
