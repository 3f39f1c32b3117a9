import {
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  identifier,
  multiLine,
  type ObjectLike,
  type Observation,
  oneLine,
  type Read,
  type Severity,
  type Subject,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { conditionsOf, timeText } from '../../pipelines/conditions.ts';
import { expiry, lifetimeOf } from '../../pipelines/expiry.ts';
import { isDevelopment, labelsOf, originOf, stageOf } from '../../pipelines/labels.ts';
import { linksOf } from '../../pipelines/links.ts';
import { KEYS, type Metadata, metadataOf } from '../../pipelines/metadata.ts';
import { type Place, placeOf } from '../../pipelines/place.ts';
import { aspectOf, componentOrApplication } from '../../pipelines/subjects.ts';
import { KONFLUX, SCENARIO_VERSIONS } from '../../pipelines/versions.ts';
import { MAX_DESCRIPTION, MAX_TITLE, placeWords, short } from '../../pipelines/words.ts';
import { CATALOGUE } from './findings.ts';
import { type Options, optionsSchema } from './options.ts';
import { BAD, snapshotState, type TestResult, testResults } from './results.ts';

const STATUS = 'test.appstudio.openshift.io/status';
const GROUP_SHA = 'test.appstudio.openshift.io/pr-group-sha';

/**
 * Snapshots of Konflux (docs/controllers/konflux-snapshot.md): what no test run can tell, since there is none. Subjects are
 * those of the test runs; a Snapshot speaks about one for each scenario, and about itself.
 */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  documentation: {
    summary:
      'Snapshots of Konflux: integration tests that could not run, or were deleted before they ended, and Snapshots that are not valid or could not be released.',
    findings: CATALOGUE,
  },
  watches: {
    apiVersion: KONFLUX,
    kind: 'Snapshot',
    fields: [`metadata.annotations.${STATUS}`, 'spec.application', 'status.conditions'],
  },
  reads: [
    { apiVersion: SCENARIO_VERSIONS, kind: 'IntegrationTestScenario', fields: [], optional: true },
    // Subjects: when one of them is deleted, its issues resolve as SubjectDeleted.
    { apiVersion: KONFLUX, kind: 'Component', fields: [], optional: true },
    { apiVersion: KONFLUX, kind: 'Application', fields: [], optional: true },
  ],
  options: optionsSchema,
  order: 'run',
  onDelete: 'keep',
  observe,
});

interface Context {
  readonly metadata: Metadata & { readonly name: string; readonly namespace: string };
  readonly subject: Subject;
  readonly place: Place;
  readonly createdAt: string | undefined;
  readonly application: string | undefined;
  readonly options: Options;
}

async function observe(snapshot: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  const metadata = metadataOf(snapshot);
  const { name, namespace } = metadata;
  const application = identifier(fields(fields(snapshot).spec).application);
  const about = componentOrApplication(metadata) ?? (application && { kind: 'Application', name: application });
  if (name === undefined || namespace === undefined || !about) return undecided('Malformed');
  const context: Context = {
    metadata: { ...metadata, name, namespace },
    subject: { apiVersion: KONFLUX, ...about, namespace },
    place: placeOfSnapshot(metadata),
    createdAt: timeText(metadata.creationTimestamp),
    application,
    options,
  };
  const looks: Observation[] = [];
  const state = snapshotState(conditionsOf(snapshot));
  if (state !== undefined) {
    const findings = state.kind === 'bad' ? [wholeFinding(context, state.text, state.message)] : [];
    looks.push(observation(context, ['snapshot'], state.at, findings));
  }
  for (const result of unique(testResults(metadata.annotations[STATUS]))) {
    const findings = await testFindings(context, result, read);
    looks.push(observation(context, ['test', result.scenario], result.completedAt, findings));
  }
  return looks.length === 0 ? undecided('NotTested') : looks;
}

/** A group of pull requests is none of them, and no branch either. */
function placeOfSnapshot(metadata: Metadata): Place {
  const group = identifier(metadata.labels[GROUP_SHA]);
  return group === undefined ? placeOf(metadata) : { kind: 'pull-request', id: `group-${group.slice(0, 12)}` };
}

function observation(
  { subject, place, createdAt, options }: Context,
  parts: readonly string[],
  at: string | undefined,
  findings: readonly Finding[],
): Observation {
  return {
    subject: { ...subject, ...aspectOf(parts, place) },
    ...(at === undefined ? {} : { completedAt: at, observedAt: at }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...expiry(lifetimeOf(place), at ?? createdAt, options),
    detail: 0,
    findings,
  };
}

async function testFindings(context: Context, result: TestResult, read: Read): Promise<Finding[]> {
  const bad = BAD.get(result.status);
  if (bad === undefined || (result.status === 'TestFail' && !context.options.testFailures)) return [];
  const { severity } = context.options;
  const optional = result.optional || (await isOptional(context, result, read));
  const what = `Test ${short(result.scenario, 63)} of ${short(context.subject.name, 63)}${placeWords(context.place)}`;
  const run = result.run === undefined ? '' : `\nPipelineRun ${result.run}`;
  return [
    {
      key: 'test',
      ...words(context, `${what} ${bad.phrase}`, `${details(result.details)}${run}`),
      severity: optional ? severity.optional : placeSeverity(context),
      reason: bad.reason,
      remediation: { text: bad.remedy },
    },
  ];
}

function wholeFinding(
  context: Context,
  said: { readonly reason: string; readonly phrase: string; readonly remedy: string },
  message: string | undefined,
): Finding {
  const what = `Snapshot of ${short(context.subject.name, 63)}${placeWords(context.place)}`;
  return {
    key: 'snapshot',
    ...words(context, `${what} ${said.phrase}`, details(message)),
    severity: placeSeverity(context),
    reason: said.reason,
    remediation: { text: said.remedy },
  };
}

function words(
  { metadata, place, application }: Context,
  title: string,
  said: string,
): Pick<Finding, 'type' | 'title' | 'description' | 'labels' | 'links'> {
  const where = `Snapshot ${metadata.namespace}/${metadata.name}`;
  return {
    type: 'test',
    title: oneLine(title, MAX_TITLE),
    description: multiLine([said.trim(), where].filter((part) => part !== '').join('\n\n'), MAX_DESCRIPTION),
    labels: labelsOf(metadata, { stage: stageOf(place), origin: originOf(metadata), application }),
    links: linksOf(metadata, place),
  };
}

function placeSeverity({ place, options }: Context): Severity {
  return isDevelopment(place) ? options.severity.pullRequest : options.severity.test;
}

/** Snapshots of older versions of integration-service do not say it: the label of the scenario does. */
async function isOptional({ metadata }: Context, { scenario }: TestResult, read: Read): Promise<boolean> {
  const object = await read.get('IntegrationTestScenario', metadata.namespace, scenario);
  return object !== undefined && metadataOf(object).labels[KEYS.optional] === 'true';
}

function details(message: string | undefined): string {
  return multiLine((text(message) ?? '').slice(0, 16_384), 6_000);
}

/** One scenario is one subject: the last entry counts. */
function unique(results: readonly TestResult[]): readonly TestResult[] {
  return [...new Map(results.map((result) => [result.scenario, result])).values()];
}
