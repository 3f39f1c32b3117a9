import {
  type DeepReadonly,
  type Finding,
  fields,
  identifier,
  multiLine,
  type ObjectLike,
  oneLine,
  type Read,
  records,
  text,
} from '../../index.ts';
import { conditionsOf, shownConditions } from '../../states/conditions.ts';
import type { Timing } from '../../states/timing.ts';
import { FINDINGS } from './catalogue.ts';

/** Why a Pod whose phase is Failed did: the Pod as a whole, else each container that ended badly. */
export async function failedFindings(pod: DeepReadonly<ObjectLike>, read: Read, timing: Timing): Promise<Finding[]> {
  const status = fields(fields(pod).status);
  const { name } = pod.metadata;
  const [reason, message] = [text(status.reason), text(status.message)];
  const description = multiLine((message ?? '').slice(0, 4_096), 1_024);
  if (reason === 'Evicted') {
    return [FINDINGS.of('Evicted', { title: oneLine(`Pod ${name} was evicted by its node`, 200), description })];
  }
  const containers = [...records(status.initContainerStatuses), ...records(status.containerStatuses)];
  const conditions = shownConditions(conditionsOf(pod, timing).values());
  const ended = await Promise.all(
    containers.map(async (container) => {
      const { exitCode, reason: why, message: said, finishedAt } = fields(fields(container.state).terminated);
      const called = identifier(container.name);
      timing.at(finishedAt);
      if (called === undefined || !Number.isSafeInteger(exitCode) || exitCode === 0) return undefined;
      const log = await read.logs(pod.metadata.namespace ?? '', name, called);
      const how = why === 'OOMKilled' ? 'was killed for memory' : `failed (exit code ${String(exitCode)})`;
      return FINDINGS.of(why === 'OOMKilled' ? 'OOMKilled' : 'ContainerFailed', {
        key: `pod/${called}`,
        title: oneLine(`Pod ${name}: container ${called} ${how}`, 200),
        description: multiLine((text(said) ?? '').slice(0, 4_096), 1_024),
        evidence: {
          ...{ conditions, step: called, exitCode: exitCode as number },
          ...(log === undefined ? {} : { log: { pod: name, container: called, lines: [...log.lines], cut: log.cut } }),
        },
      });
    }),
  );
  const found = ended.filter((finding) => finding !== undefined);
  if (found.length > 0) return found;
  const why = reason === undefined ? '' : `: ${reason}`;
  return [FINDINGS.of('PodFailed', { title: oneLine(`Pod ${name} failed${why}`, 200), description })];
}
