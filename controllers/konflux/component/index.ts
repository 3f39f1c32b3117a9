import {
  type DeepReadonly,
  defineController,
  fields,
  type ObjectLike,
  type Observation,
  parseTime,
  type Read,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { conditionsOf, shownConditions } from '../../pipelines/conditions.ts';
import { KEYS, metadataOf } from '../../pipelines/metadata.ts';
import { KONFLUX, TEKTON_VERSIONS } from '../../pipelines/versions.ts';
import { short } from '../../pipelines/words.ts';
import { BUILD_SELECTOR } from '../shared/builds.ts';
import { buildError, buildStatus, imageMessage } from './build-status.ts';
import { type Builds, buildsOf, isForgotten, type Overdue, unbuilt, unmerged } from './builds.ts';
import { type Context, type Found, findingOf } from './context.ts';
import { CATALOGUE, TEXTS } from './findings.ts';
import { type Options, optionsSchema } from './options.ts';

const STATUS = 'build.appstudio.openshift.io/status';
const IMAGE = 'image.redhat.com/image';

/** Components of Konflux (docs/controllers/konflux-component.md): what keeps them from being built, not their builds. */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  documentation: {
    summary:
      'Components of Konflux: onboarding that failed, builds that are not configured yet, and Components without a successful build for long. What fails in a build is told by tekton/pipelinerun.',
    findings: CATALOGUE,
  },
  watches: {
    apiVersion: KONFLUX,
    kind: 'Component',
    fields: [
      `metadata.annotations.${STATUS}`,
      `metadata.annotations.${IMAGE}`,
      'spec.application',
      'status.conditions',
      'spec.containerImage',
      'status.containerImage',
      'status.lastBuiltCommit',
      'status.lastPromotedImage',
    ],
  },
  reads: [
    {
      apiVersion: TEKTON_VERSIONS,
      kind: 'PipelineRun',
      labelSelector: BUILD_SELECTOR,
      fields: ['status.conditions', 'status.completionTime'],
      optional: true,
    },
    // Runs are pruned after days; the Snapshots of successful builds stay.
    { apiVersion: KONFLUX, kind: 'Snapshot', labelSelector: KEYS.component, fields: [], optional: true },
    {
      apiVersion: KONFLUX,
      kind: 'ImageRepository',
      labelSelector: 'appstudio.redhat.com/component',
      fields: ['status.state', 'status.message'],
      optional: true,
    },
  ],
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  observe,
});

const MAX_AGAIN = 86_400_000;

async function observe(component: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  const metadata = metadataOf(component);
  const { name, namespace } = metadata;
  if (name === undefined || namespace === undefined) return undecided('Malformed');
  const context: Context = {
    component,
    metadata: { ...metadata, name, namespace },
    application: text(fields(fields(component).spec).application),
    status: buildStatus(metadata.annotations[STATUS]),
    options,
    now: read.now().getTime(),
  };
  const builds = await buildsOf(context, read);
  const waiting = unmerged(context, builds);
  const found = [notCreated(context), notConfigured(context), await imageRepository(context, read), waiting?.found];
  const subject = { apiVersion: KONFLUX, kind: 'Component', namespace, name };
  return [
    { subject, ...about(found, waiting) },
    { subject: { ...subject, aspect: 'last-build' }, ...lastBuild(context, builds) },
  ];
}

/** Judged on its own: of a Component whose last build is forgotten the rest is still known. */
function lastBuild(context: Context, builds: Builds): Omit<Observation, 'subject'> {
  if (isForgotten(context, builds)) return { noVerdict: 'BuildsForgotten', findings: [] };
  const overdue = unbuilt(context, builds);
  return about([overdue?.found], overdue);
}

function about(some: readonly (Found | undefined)[], next: Overdue | undefined): Omit<Observation, 'subject'> {
  const found = some.filter((one) => one !== undefined);
  return {
    ...observedAt(found),
    ...(next?.in === undefined ? {} : { again: Math.max(1_000, Math.min(next.in, MAX_AGAIN)) }),
    findings: found.map(({ finding }) => finding),
  };
}

/** Of several findings each began at its own time, and an observation has one: then the server's clock is nearer. */
function observedAt(found: readonly Found[]): { observedAt?: string } {
  const since = found.length === 1 ? found[0]?.since : undefined;
  return since === undefined ? {} : { observedAt: new Date(since).toISOString() };
}

function notConfigured(context: Context): Found | undefined {
  const error = buildError(context.status);
  if (error === undefined) return undefined;
  const title = `The builds of ${short(context.metadata.name, 63)} cannot be configured: ${error.phrase}`;
  const finding = findingOf(context, { key: 'onboarding', ...error }, title, {
    description: context.status.errorMessage,
    severity: context.options.severity.onboarding,
  });
  return { finding, since: context.status.configuredAt };
}

function notCreated(context: Context): Found | undefined {
  const failed = conditionsOf(context.component).filter(
    ({ type, status }) => status === 'False' && CREATION.has(text(type) ?? ''),
  );
  const [first] = failed;
  if (first === undefined) return undefined;
  const title = `Component ${short(context.metadata.name, 63)} was not ${first.type === 'Updated' ? 'updated' : 'created'}`;
  const finding = findingOf(context, { reason: 'ComponentNotCreated', ...TEXTS.ComponentNotCreated }, title, {
    description: text(first.message),
    severity: context.options.severity.onboarding,
    evidence: { conditions: shownConditions(failed) },
  });
  return { finding, since: parseTime(first.lastTransitionTime) };
}

const CREATION: ReadonlySet<string> = new Set(['Created', 'Updated', 'GitOpsResourcesGenerated']);

async function imageRepository(context: Context, read: Read): Promise<Found | undefined> {
  const { name, namespace, annotations } = context.metadata;
  const labels = { 'appstudio.redhat.com/component': name };
  const repositories = await read.list('ImageRepository', { namespace, labels });
  const failed = repositories.map((one) => fields(fields(one).status)).find(({ state }) => state === 'failed');
  const description = failed === undefined ? imageMessage(annotations[IMAGE]) : (text(failed.message) ?? 'failed');
  if (description === undefined) return undefined;
  const title = `Component ${short(name, 63)} has no image repository`;
  const finding = findingOf(context, { reason: 'ImageRepositoryFailed', ...TEXTS.ImageRepositoryFailed }, title, {
    description,
    severity: context.options.severity.onboarding,
  });
  return { finding, since: undefined };
}
