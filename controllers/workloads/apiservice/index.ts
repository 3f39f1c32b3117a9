import {
  type DeepReadonly,
  defineController,
  type ObjectLike,
  oneLine,
  type Read,
  undecided,
  type Verdict,
} from '../../index.ts';
import { conditionsOf, shownConditions, whyOf } from '../../states/conditions.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';

/** Aggregated APIs (docs/controllers/workloads-apiservice.md). */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  watches: {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    fields: ['status.conditions.reason', 'status.conditions.message'],
  },
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  documentation: { summary: 'Aggregated APIs (APIServices) that are not available.', findings: FINDINGS.catalogue },
  observe,
});

function observe(service: DeepReadonly<ObjectLike>, read: Read, options: Options): Verdict {
  const timing = new Timing(read);
  const available = conditionsOf(service, timing).get('Available');
  if (available === undefined) return undecided('NoConditions');
  if (available.status === 'True' || !timing.lasts(available.since, options.unavailableFor)) {
    return observationOf(service, [], timing, options);
  }
  const finding = FINDINGS.of('APIServiceUnavailable', {
    title: oneLine(`The API ${service.metadata.name} is not available`, 200),
    description: whyOf(available) ?? '',
    evidence: { conditions: shownConditions([available]) },
  });
  return observationOf(service, [finding], timing, options);
}
