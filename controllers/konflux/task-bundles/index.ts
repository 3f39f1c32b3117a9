import {
  type DeepReadonly,
  defineController,
  type Fields,
  type Finding,
  fields,
  multiLine,
  type ObjectLike,
  parseDuration,
  type Read,
  records,
  type Severity,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { labelsOf } from '../../pipelines/labels.ts';
import { KEYS, type Metadata, metadataOf } from '../../pipelines/metadata.ts';
import { KONFLUX, TEKTON_VERSIONS } from '../../pipelines/versions.ts';
import { MAX_DESCRIPTION, short } from '../../pipelines/words.ts';
import { BUILD_SELECTOR, type Build, branchBuilds } from '../shared/builds.ts';
import { taskBundles } from './bundle.ts';
import { CATALOGUE } from './findings.ts';
import { type Options, optionsSchema } from './options.ts';
import { type BundleVerdict, judge, policyOf } from './policy.ts';
import { iso, line, notes, notesURL, title } from './words.ts';

/** Marks ConfigMaps with trusted task data, beside or instead of the EnterpriseContractPolicy. */
const DATA_LABEL = 'faultline.dev/trusted-tasks';

/**
 * Outdated and expiring task bundles (docs/controllers/konflux-task-bundles.md): one finding a Component, from the bundles
 * of its newest build of a branch and the dates of the policy. A pull request that updates them heals nothing before it
 * is merged and built.
 */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  documentation: {
    summary:
      'Task bundles that the policy (Conforma, Enterprise Contract) trusts no more, or not for long: one finding for each Component, with the date of the policy as `dueAt` and the migration notes as remediation.',
    findings: CATALOGUE,
  },
  watches: { apiVersion: KONFLUX, kind: 'Component', fields: ['spec.application'] },
  reads: [
    {
      apiVersion: TEKTON_VERSIONS,
      kind: 'PipelineRun',
      labelSelector: BUILD_SELECTOR,
      fields: [
        'spec.pipelineSpec.tasks.name',
        'spec.pipelineSpec.tasks.taskRef',
        'spec.pipelineSpec.finally.name',
        'spec.pipelineSpec.finally.taskRef',
        'status.pipelineSpec.tasks.name',
        'status.pipelineSpec.tasks.taskRef',
        'status.pipelineSpec.finally.name',
        'status.pipelineSpec.finally.taskRef',
        'status.conditions',
        'status.completionTime',
      ],
    },
    { apiVersion: KONFLUX, kind: 'EnterpriseContractPolicy', fields: ['spec.sources.ruleData'], optional: true },
    { apiVersion: 'v1', kind: 'ConfigMap', labelSelector: DATA_LABEL, fields: ['data'], optional: true },
  ],
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  observe,
});

const MAX_AGAIN = 86_400_000;
const MAX_DATA = 4_000_000;
const LATEST = Date.UTC(9999, 11, 31);

async function observe(component: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  const metadata = metadataOf(component);
  const { name, namespace } = metadata;
  if (name === undefined || namespace === undefined) return undecided('Malformed');
  const labels = { [KEYS.component]: name, [KEYS.type]: 'build' };
  const [build] = branchBuilds(await read.list('PipelineRun', { namespace, labels }));
  // Its runs were pruned, or there was none: what was said of it holds.
  if (build === undefined) return undecided('NoBuild');
  const policy = policyOf(await ruleData(read, options));
  if (policy.trusted.size === 0 && policy.denied.length === 0) return undecided('NoPolicy');
  const now = read.now().getTime();
  const verdicts = taskBundles(build.run)
    .flatMap((bundle) => judge(policy, bundle) ?? [])
    .sort(byDate);
  const [first] = verdicts;
  const application = text(fields(fields(component).spec).application);
  const context = { metadata: { ...metadata, name, namespace }, application, build, options, now };
  const next = nextChange(verdicts, options, now);
  return {
    subject: { apiVersion: KONFLUX, kind: 'Component', namespace, name, aspect: 'task-bundles' },
    ...(first === undefined ? {} : { observedAt: iso(build.at) }),
    ...(next === undefined ? {} : { again: Math.min(next, MAX_AGAIN) }),
    findings: first === undefined ? [] : [finding(first, verdicts, context)],
  };
}

async function ruleData(read: Read, options: Options): Promise<readonly Fields[]> {
  const policy = await read.get('EnterpriseContractPolicy', options.policyNamespace, options.policy);
  const inline = records(fields(fields(policy).spec).sources).map((source) => fields(source.ruleData));
  const maps = await read.list('ConfigMap', { namespace: options.policyNamespace });
  const files = maps
    .filter((map) => metadataOf(map).labels[DATA_LABEL] !== undefined)
    .flatMap((map) => Object.values(fields(fields(map).data)).map(parse));
  return [...inline, ...files];
}

function parse(json: unknown): Fields {
  if (typeof json !== 'string' || json.length > MAX_DATA) return {};
  try {
    return fields(JSON.parse(json));
  } catch {
    return {};
  }
}

interface Context {
  readonly metadata: Metadata & { readonly name: string; readonly namespace: string };
  readonly application: string | undefined;
  readonly build: Build;
  readonly options: Options;
  readonly now: number;
}

function finding(first: BundleVerdict, verdicts: readonly BundleVerdict[], context: Context): Finding {
  const { metadata, application, build, options } = context;
  const { reason, severity } = classOf(first, context);
  const dueAt = first.until === undefined || first.until <= 0 || first.until > LATEST ? undefined : iso(first.until);
  const url = notesURL(first, options);
  return {
    key: 'task-bundles',
    type: 'dependency',
    severity,
    reason,
    title: title(short(metadata.name, 63), first, verdicts.length, reason),
    description: multiLine(
      [
        ...verdicts.slice(0, 40).map(line),
        ...(verdicts.length > 40 ? [`- and ${verdicts.length - 40} more`] : []),
        '',
        `As built by PipelineRun ${metadata.namespace}/${short(build.name, 253)}.`,
      ].join('\n'),
      MAX_DESCRIPTION,
    ),
    labels: labelsOf(metadata, { application, component: metadata.name, stage: 'releasable' }),
    // Whoever maintains a bundle sees all who still use it.
    group: short(first.bundle.key, 253),
    ...(dueAt === undefined ? {} : { dueAt }),
    remediation: { text: notes(verdicts), ...(url === undefined ? {} : { url }) },
  };
}

function classOf({ until }: BundleVerdict, { options, now }: Context): { reason: string; severity: Severity } {
  const { severity } = options;
  if (until === undefined) return { reason: 'TaskBundleUntrusted', severity: severity.expired };
  if (until <= now) return { reason: 'TaskBundleExpired', severity: severity.expired };
  return until <= now + parseDuration(options.warnBefore)
    ? { reason: 'TaskBundleExpiring', severity: severity.expiring }
    : { reason: 'TaskBundleOutdated', severity: severity.outdated };
}

/** When the words change by themselves: a date comes near, or is over. */
function nextChange(verdicts: readonly BundleVerdict[], options: Options, now: number): number | undefined {
  const warn = parseDuration(options.warnBefore);
  const times = verdicts.flatMap(({ until }) => (until === undefined ? [] : [until - warn, until]));
  const ahead = times.map((at) => at - now).filter((ms) => ms > 0);
  return ahead.length === 0 ? undefined : ahead.reduce((a, b) => Math.min(a, b));
}

function byDate(a: BundleVerdict, b: BundleVerdict): number {
  return (a.until ?? 0) - (b.until ?? 0) || (a.bundle.name < b.bundle.name ? -1 : 1);
}
