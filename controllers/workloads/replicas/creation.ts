import { type Finding, type FindingWords, oneLine } from '../../index.ts';
import { type Condition, whyOf } from '../../states/conditions.ts';
import type { Timing } from '../../states/timing.ts';

/** Of the condition ReplicaFailure, which is there while Pods cannot be created, or deleted. */
export function creationFindings(
  who: string,
  conditions: ReadonlyMap<string, Condition>,
  createFor: string,
  { timing, say }: { readonly timing: Timing; say(reason: 'ReplicaFailure', words: FindingWords): Finding },
): Finding[] {
  const failure = conditions.get('ReplicaFailure');
  if (failure?.status !== 'True' || !timing.lasts(failure.since, createFor)) return [];
  const verb = failure.reason === 'FailedDelete' ? 'delete' : 'create';
  return [
    say('ReplicaFailure', { title: oneLine(`${who} cannot ${verb} its Pods`, 200), description: whyOf(failure) ?? '' }),
  ];
}
