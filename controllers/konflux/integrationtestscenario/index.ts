import {
  type CataloguedFinding,
  type DeepReadonly,
  defineController,
  fields,
  multiLine,
  type ObjectLike,
  oneLine,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { condition, conditionsOf, shownConditions, timeText } from '../../pipelines/conditions.ts';
import { labelsOf } from '../../pipelines/labels.ts';
import { KEYS, metadataOf } from '../../pipelines/metadata.ts';
import { KONFLUX, SCENARIO_VERSIONS } from '../../pipelines/versions.ts';
import { MAX_DESCRIPTION, MAX_TITLE, short } from '../../pipelines/words.ts';
import { type Options, optionsSchema } from './options.ts';

const INVALID: CataloguedFinding = {
  reason: 'ScenarioInvalid',
  key: 'valid',
  type: 'test',
  severity: ['critical', 'major', 'minor', 'info'],
  meaning: 'The integration service does not accept the scenario, so its test never runs.',
  remedy: 'Correct what the message names: usually spec.application, or the reference to the pipeline.',
};

/** IntegrationTestScenarios of Konflux (docs/controllers/konflux-integrationtestscenario.md). */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  documentation: {
    summary:
      'IntegrationTestScenarios of Konflux: one issue for each scenario that is not valid, whose test therefore never runs.',
    findings: [INVALID],
  },
  watches: {
    apiVersion: SCENARIO_VERSIONS,
    kind: 'IntegrationTestScenario',
    fields: ['spec.application', 'status.conditions'],
  },
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  observe,
});

function observe(scenario: DeepReadonly<ObjectLike>, _: unknown, options: Options): Verdict {
  const metadata = metadataOf(scenario);
  const { name, namespace } = metadata;
  const valid = condition(scenario, 'IntegrationTestScenarioValid');
  if (name === undefined || namespace === undefined) return undecided('Malformed');
  if (valid?.status !== 'True' && valid?.status !== 'False') return undecided('NotValidated');
  const observedAt = timeText(valid.lastTransitionTime);
  const observation = {
    subject: { apiVersion: KONFLUX, kind: 'IntegrationTestScenario', namespace, name },
    ...(observedAt === undefined ? {} : { observedAt }),
  };
  if (valid.status === 'True') return { ...observation, findings: [] };
  const isOptional = metadata.labels[KEYS.optional] === 'true';
  const finding = {
    key: INVALID.key,
    type: 'test',
    severity: isOptional ? options.severity.optional : options.severity.required,
    reason: INVALID.reason,
    title: oneLine(`Integration test ${short(name, 100)} is not valid and never runs`, MAX_TITLE),
    description: multiLine((text(valid.message) ?? '').slice(0, 8_192), MAX_DESCRIPTION),
    labels: labelsOf(metadata, { application: text(fields(fields(scenario).spec).application) }),
    remediation: { text: INVALID.remedy as string },
    evidence: { conditions: shownConditions(conditionsOf(scenario)) },
  };
  return { ...observation, findings: [finding] };
}
