import { fields, type Link, parseDuration, parseTime, type Read, text } from '../../index.ts';
import { addLink } from '../../pipelines/links.ts';
import { KEYS, metadataOf } from '../../pipelines/metadata.ts';
import { placeOf } from '../../pipelines/place.ts';
import { lengthWords, short } from '../../pipelines/words.ts';
import { branchBuilds } from '../shared/builds.ts';
import { type Context, type Found, findingOf } from './context.ts';
import { TEXTS } from './findings.ts';

/** What is known of the builds of a Component: only those of branches count, never those of pull requests. */
export interface Builds {
  /** When one last succeeded, ms since 1970, as far as the cluster still knows. */
  readonly lastSuccess: number | undefined;
  /** One has succeeded, whenever that was. */
  readonly succeeded: boolean;
}

export async function buildsOf({ component, metadata }: Context, read: Read): Promise<Builds> {
  const { name, namespace } = metadata;
  const labels = { [KEYS.component]: name };
  const runs = await read.list('PipelineRun', { namespace, labels: { ...labels, [KEYS.type]: 'build' } });
  const [build] = branchBuilds(runs).filter(({ succeeded }) => succeeded);
  const snapshots = (await read.list('Snapshot', { namespace, labels })).flatMap((snapshot) => {
    const of = metadataOf(snapshot);
    const place = placeOf(of);
    const at = parseTime(of.creationTimestamp);
    return place.kind === 'branch' && !place.queue && at !== undefined ? [at] : [];
  });
  const known = build === undefined ? snapshots : [...snapshots, build.at];
  const lastSuccess = known.length === 0 ? undefined : known.reduce((a, b) => Math.max(a, b));
  return { lastSuccess, succeeded: lastSuccess !== undefined || hasImage(component) };
}

/** What builds leave on the Component itself. An image without a digest is only where the next one will go. */
function hasImage(component: unknown): boolean {
  const { spec, status } = fields(component);
  const { lastBuiltCommit, lastPromotedImage, containerImage } = fields(status);
  const images = [fields(spec).containerImage, containerImage].map((image) => text(image) ?? '');
  return (
    (text(lastBuiltCommit) ?? text(lastPromotedImage)) !== undefined ||
    images.some((image) => image.includes('@sha256:'))
  );
}

/** Something that becomes a finding with time: it is one, or it will be in so many ms. */
export type Overdue =
  | { readonly found: Found; readonly in?: undefined }
  | { readonly in: number; readonly found?: undefined };

/** The pull request that configures the builds waits to be merged. */
export function unmerged(context: Context, builds: Builds): Overdue | undefined {
  const { status, options, now, metadata } = context;
  if (status.configuredAt === undefined || !awaitsMerge(context, builds)) return undefined;
  const since = status.configuredAt + parseDuration(options.unmergedFor);
  if (since > now) return { in: since - now };
  const links: Link[] = [];
  addLink(links, 'pull-request', 'Configuration of the builds', status.mergeURL);
  const title = `The configuration of the builds of ${short(metadata.name, 63)} is not merged`;
  const finding = findingOf(context, { reason: 'ConfigurationNotMerged', ...TEXTS.ConfigurationNotMerged }, title, {
    description: `Its pull request is older than ${lengthWords(parseDuration(options.unmergedFor))}.`,
    severity: options.severity.pullRequests,
    links,
  });
  return { found: { finding, since } };
}

function awaitsMerge({ status }: Context, { succeeded }: Builds): boolean {
  const { state, mergeURL, configuredAt } = status;
  return state === 'enabled' && mergeURL !== undefined && configuredAt !== undefined && !succeeded;
}

/** Builds have succeeded, and nothing is left in the cluster that says when: that heals nothing. */
export function isForgotten({ status }: Context, { lastSuccess, succeeded }: Builds): boolean {
  return lastSuccess === undefined && succeeded && status.state !== 'disabled' && status.state !== 'error';
}

/** No build has succeeded for long, or ever. */
export function unbuilt(context: Context, builds: Builds): Overdue | undefined {
  const { status, options, now, metadata } = context;
  const { lastSuccess, succeeded } = builds;
  // What waits for its configuration is told by that; what is not built here at all, or by hand, is so on purpose.
  if (status.state === 'disabled' || status.state === 'error') return undefined;
  if (lastSuccess === undefined && (succeeded || status.state !== 'enabled' || awaitsMerge(context, builds)))
    return undefined;
  const from = lastSuccess ?? parseTime(metadata.creationTimestamp);
  if (from === undefined) return undefined;
  const limit = parseDuration(options.noBuildFor);
  const since = from + limit;
  if (since > now) return { in: since - now };
  const reason = lastSuccess === undefined ? 'NeverBuilt' : 'NoRecentBuild';
  const name = short(metadata.name, 63);
  const at = new Date(from).toISOString();
  const [title, description] =
    reason === 'NeverBuilt'
      ? [`Component ${name} has never been built successfully`, `Created at ${at}.`]
      : [
          `Component ${name} has not been built successfully for more than ${lengthWords(limit)}`,
          `The last successful build of a branch was at ${at}.`,
        ];
  const finding = findingOf(context, { reason, ...TEXTS[reason] }, title, {
    description,
    severity: options.severity.build,
  });
  return { found: { finding, since } };
}
