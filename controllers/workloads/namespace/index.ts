import {
  type DeepReadonly,
  defineController,
  multiLine,
  type ObjectLike,
  oneLine,
  type Read,
  type Verdict,
} from '../../index.ts';
import { conditionsOf, shownConditions, whyOf } from '../../states/conditions.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';

/** Namespaces that do not go (docs/controllers/workloads-namespace.md). */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  watches: {
    apiVersion: 'v1',
    kind: 'Namespace',
    fields: ['status.conditions.reason', 'status.conditions.message'],
  },
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  documentation: {
    summary:
      'Namespaces that do not go away. The issue is in `issues.clusterScopedNamespace`, because the Namespace takes its own issues with it.',
    findings: FINDINGS.catalogue,
  },
  observe,
});

function observe(namespace: DeepReadonly<ObjectLike>, read: Read, options: Options): Verdict {
  const timing = new Timing(read);
  const since = timing.at(namespace.metadata.deletionTimestamp);
  if (since === undefined || !timing.lasts(since, options.terminatingFor)) {
    return observationOf(namespace, [], timing, options);
  }
  const holding = [...conditionsOf(namespace, timing).values()].filter(({ status }) => status === 'True');
  const finding = FINDINGS.of('StuckTerminating', {
    title: oneLine(`Namespace ${namespace.metadata.name} does not terminate`, 200),
    description: multiLine(holding.map((condition) => whyOf(condition) ?? '').join('\n'), 4_096),
    evidence: { conditions: shownConditions(holding) },
  });
  return observationOf(namespace, [finding], timing, options);
}
