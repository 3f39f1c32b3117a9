import {
  type DeepReadonly,
  type Evidence,
  type Finding,
  type FindingWords,
  multiLine,
  type ObjectLike,
  oneLine,
  type Read,
} from '../../index.ts';
import { conditionsOf, shownConditions } from '../../states/conditions.ts';
import { Timing } from '../../states/timing.ts';
import { type PodReason, rankOf } from './catalogue.ts';
import type { PodOptions } from './options.ts';
import { type PodTrouble, podTroubles } from './pod.ts';

/** Makes a finding of the catalogue: that of a workload has more reasons than a Pod's. */
export type Say = (reason: PodReason, words: FindingWords) => Finding;

const MAX_NAMED = 5;

/**
 * The Pods of a workload as findings of that workload: one for each container, and each thing of whole Pods, however many
 * Pods show it. `who`: "Deployment payments".
 */
export async function podFindings(
  who: string,
  pods: readonly DeepReadonly<ObjectLike>[],
  look: { readonly say: Say; readonly read: Read; readonly options: PodOptions; readonly timing: Timing },
): Promise<Finding[]> {
  const byKey = new Map<string, PodTrouble[]>();
  for (const trouble of pods.flatMap((pod) => podTroubles(pod, look.options, look.timing))) {
    byKey.set(trouble.key, [...(byKey.get(trouble.key) ?? []), trouble]);
  }
  const isAlone = pods.length === 1 && who.startsWith('Pod ');
  return Promise.all(
    [...byKey.values()].map(async (troubles) => {
      // The one that says most speaks for all; of equals the first by name, so that it stays the same.
      const sorted = troubles.toSorted(
        (a, b) => rankOf(a.reason) - rankOf(b.reason) || (nameOf(a) < nameOf(b) ? -1 : 1),
      );
      const worst = sorted[0] as PodTrouble;
      return look.say(worst.reason, {
        key: worst.key,
        title: titleOf(who, worst, isAlone ? undefined : { troubled: troubles.length, all: pods.length }),
        description: descriptionOf(sorted, isAlone),
        evidence: await evidenceOf(worst, look.read),
      });
    }),
  );
}

function titleOf(who: string, trouble: PodTrouble, of: { troubled: number; all: number } | undefined): string {
  const pods =
    of === undefined
      ? ''
      : of.all === 1
        ? 'its Pod'
        : `${of.troubled === of.all ? 'all' : of.troubled} of its ${of.all} Pods`;
  const { container, phrase, phraseOfMany = phrase } = trouble;
  if (container === undefined) {
    const verb = (of?.troubled ?? 1) > 1 ? phraseOfMany : phrase;
    return oneLine(pods === '' ? `${who} ${verb}` : `${who}: ${pods} ${verb}`, 200);
  }
  return oneLine(`${who}: container ${container} ${phrase}${pods === '' ? '' : ` in ${pods}`}`, 200);
}

function descriptionOf(troubles: readonly PodTrouble[], isAlone: boolean): string {
  const [first] = troubles;
  const parts = [first?.message === undefined ? undefined : multiLine(first.message.slice(0, 4_096), 1_024)];
  if (!isAlone) {
    const named = troubles.slice(0, MAX_NAMED).map(nameOf);
    const more = troubles.length > named.length ? ` and ${troubles.length - named.length} more` : '';
    parts.push(`Pods: ${named.join(', ')}${more}`);
  }
  return parts.filter((part) => part !== undefined && part !== '').join('\n\n');
}

async function evidenceOf({ pod, container, exitCode, ran }: PodTrouble, read: Read): Promise<Evidence> {
  const { namespace = '', name } = pod.metadata;
  const log = ran && container !== undefined ? await read.logs(namespace, name, container) : undefined;
  const conditions = shownConditions(conditionsOf(pod, new Timing(read)).values());
  return {
    failing: { apiVersion: 'v1', kind: 'Pod', name: name.slice(0, 253) },
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(container === undefined ? {} : { step: container.slice(0, 253) }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(log === undefined || container === undefined
      ? {}
      : { log: { pod: name, container, lines: [...log.lines], cut: log.cut } }),
  };
}

function nameOf({ pod }: PodTrouble): string {
  return pod.metadata.name;
}
