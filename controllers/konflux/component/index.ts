import {
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  type Link,
  multiLine,
  type ObjectLike,
  oneLine,
  parseDuration,
  parseTime,
  type Read,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { conditionsOf, shownConditions } from '../../pipelines/conditions.ts';
import { labelsOf } from '../../pipelines/labels.ts';
import { addLink } from '../../pipelines/links.ts';
import { KEYS, type Metadata, metadataOf } from '../../pipelines/metadata.ts';
import { placeOf } from '../../pipelines/place.ts';
import { KONFLUX, TEKTON_VERSIONS } from '../../pipelines/versions.ts';
import { lengthWords, MAX_DESCRIPTION, MAX_TITLE, short } from '../../pipelines/words.ts';
import { BUILD_SELECTOR, branchBuilds } from '../shared/builds.ts';
import { type BuildStatus, buildError, buildStatus, imageMessage } from './build-status.ts';
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

interface Context {
  readonly metadata: Metadata & { readonly name: string; readonly namespace: string };
  readonly application: string | undefined;
  readonly status: BuildStatus;
  readonly options: Options;
  readonly now: number;
}

async function observe(component: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  const metadata = metadataOf(component);
  const { name, namespace } = metadata;
  if (name === undefined || namespace === undefined) return undecided('Malformed');
  const context: Context = {
    metadata: { ...metadata, name, namespace },
    application: text(fields(fields(component).spec).application),
    status: buildStatus(metadata.annotations[STATUS]),
    options,
    now: read.now().getTime(),
  };
  const lastBuild = await lastSuccess(context, read);
  const error = buildError(context.status);
  const overdue = [unmerged(context, lastBuild), unbuilt(context, component, lastBuild)];
  const findings = [
    notCreated(context, component),
    error &&
      finding(
        context,
        { key: 'onboarding', ...error },
        `The builds of ${short(name, 63)} cannot be configured: ${error.phrase}`,
        {
          description: context.status.errorMessage,
          severity: options.severity.onboarding,
        },
      ),
    await imageRepository(context, read),
    ...overdue.map((one) => one?.finding),
  ].filter((found) => found !== undefined);
  const next = Math.min(...overdue.map((one) => one?.in ?? Number.POSITIVE_INFINITY));
  return {
    subject: { apiVersion: KONFLUX, kind: 'Component', namespace, name },
    ...(Number.isFinite(next) ? { again: Math.max(1_000, Math.min(next, MAX_AGAIN)) } : {}),
    findings,
  };
}

/** Something that becomes a finding with time: it is one, or it will be in so many ms. */
type Overdue =
  | { readonly finding: Finding; readonly in?: undefined }
  | { readonly in: number; readonly finding?: undefined };

/** When a build of a branch last succeeded, ms since 1970, as far as the cluster still knows. */
async function lastSuccess({ metadata }: Context, read: Read): Promise<number | undefined> {
  const selector = { namespace: metadata.namespace, labels: { [KEYS.component]: metadata.name } };
  const runs = await read.list('PipelineRun', { ...selector, labels: { ...selector.labels, [KEYS.type]: 'build' } });
  const [build] = branchBuilds(runs).filter(({ succeeded }) => succeeded);
  const snapshots = (await read.list('Snapshot', selector)).flatMap((snapshot) => {
    const of = metadataOf(snapshot);
    const place = placeOf(of);
    const at = parseTime(of.creationTimestamp);
    return place.kind === 'branch' && !place.queue && at !== undefined ? [at] : [];
  });
  const known = build === undefined ? snapshots : [...snapshots, build.at];
  return known.length === 0 ? undefined : known.reduce((a, b) => Math.max(a, b));
}

function notCreated(context: Context, component: unknown): Finding | undefined {
  const failed = conditionsOf(component).filter(
    ({ type, status }) =>
      status === 'False' && (type === 'Created' || type === 'Updated' || type === 'GitOpsResourcesGenerated'),
  );
  if (failed.length === 0) return undefined;
  const title = `Component ${short(context.metadata.name, 63)} was not ${failed[0]?.type === 'Updated' ? 'updated' : 'created'}`;
  return finding(context, { reason: 'ComponentNotCreated', ...TEXTS.ComponentNotCreated }, title, {
    description: text(failed[0]?.message),
    severity: context.options.severity.onboarding,
    evidence: { conditions: shownConditions(failed) },
  });
}

async function imageRepository(context: Context, read: Read): Promise<Finding | undefined> {
  const { name, namespace, annotations } = context.metadata;
  const repositories = await read.list('ImageRepository', {
    namespace,
    labels: { 'appstudio.redhat.com/component': name },
  });
  const failed = repositories.map((one) => fields(fields(one).status)).find(({ state }) => state === 'failed');
  const description = failed === undefined ? imageMessage(annotations[IMAGE]) : (text(failed.message) ?? 'failed');
  if (description === undefined) return undefined;
  const title = `Component ${short(name, 63)} has no image repository`;
  return finding(context, { reason: 'ImageRepositoryFailed', ...TEXTS.ImageRepositoryFailed }, title, {
    description,
    severity: context.options.severity.onboarding,
  });
}

function unmerged(context: Context, lastBuild: number | undefined): Overdue | undefined {
  const { status, options, now, metadata } = context;
  if (status.state !== 'enabled' || status.mergeURL === undefined || status.configuredAt === undefined)
    return undefined;
  if (lastBuild !== undefined && lastBuild > status.configuredAt) return undefined;
  const left = status.configuredAt + parseDuration(options.unmergedFor) - now;
  if (left > 0) return { in: left };
  const links: Link[] = [];
  addLink(links, 'pull-request', 'Configuration of the builds', status.mergeURL);
  const title = `The configuration of the builds of ${short(metadata.name, 63)} is not merged`;
  return {
    finding: finding(context, { reason: 'ConfigurationNotMerged', ...TEXTS.ConfigurationNotMerged }, title, {
      description: `Its pull request is older than ${lengthWords(parseDuration(options.unmergedFor))}.`,
      severity: options.severity.pullRequests,
      links,
    }),
  };
}

function unbuilt(context: Context, component: unknown, lastBuild: number | undefined): Overdue | undefined {
  const { status, options, now, metadata } = context;
  // What is not built here at all, and what waits for its configuration, is told otherwise or on purpose.
  if (status.state === 'disabled' || status.state === 'error') return undefined;
  const { lastBuiltCommit, lastPromotedImage } = fields(fields(component).status);
  // It was built once, and nothing says when any more.
  if (lastBuild === undefined && (text(lastBuiltCommit) ?? text(lastPromotedImage)) !== undefined) return undefined;
  const from = lastBuild ?? parseTime(metadata.creationTimestamp);
  if (from === undefined) return undefined;
  const limit = parseDuration(options.noBuildFor);
  const left = from + limit - now;
  if (left > 0) return { in: left };
  const reason = lastBuild === undefined ? 'NeverBuilt' : 'NoRecentBuild';
  const name = short(metadata.name, 63);
  const title =
    reason === 'NeverBuilt'
      ? `Component ${name} has never been built successfully`
      : `Component ${name} has not been built successfully for more than ${lengthWords(limit)}`;
  const since = new Date(from).toISOString();
  return {
    finding: finding(context, { reason, ...TEXTS[reason] }, title, {
      description:
        reason === 'NeverBuilt' ? `Created at ${since}.` : `The last successful build of a branch was at ${since}.`,
      severity: options.severity.build,
    }),
  };
}

function finding(
  { metadata, application }: Context,
  said: { readonly key: string; readonly reason: string; readonly remedy: string },
  title: string,
  more: Pick<Finding, 'severity'> & {
    description?: string | undefined;
    links?: Link[];
    evidence?: NonNullable<Finding['evidence']>;
  },
): Finding {
  const { description, ...rest } = more;
  return {
    key: said.key,
    type: 'build',
    reason: said.reason,
    title: oneLine(title, MAX_TITLE),
    ...(description === undefined ? {} : { description: multiLine(description.slice(0, 16_384), MAX_DESCRIPTION) }),
    labels: labelsOf(metadata, { application, component: metadata.name, stage: 'releasable' }),
    remediation: { text: said.remedy },
    ...rest,
  };
}
