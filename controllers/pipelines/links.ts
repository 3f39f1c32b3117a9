import { type Link, oneLine } from '../index.ts';
import { KEYS, labelOrAnnotation, type Metadata, pacAnnotation, pacLabel } from './metadata.ts';
import { commitOf, type Place } from './place.ts';

const MAX_URL = 4_096;

/** Where to look further: the console, the log, the commit, the pull request. Only what is known; http(s) only. */
export function linksOf(metadata: Metadata, place: Place, console?: string): Link[] {
  const links: Link[] = [];
  addLink(links, 'log', 'Log', pacAnnotation(metadata, 'log-url'));
  addLink(links, 'console', 'Console', consoleURL(console, metadata));
  const repository = repositoryURL(metadata);
  const sha = commitOf(metadata);
  const commit = pacAnnotation(metadata, 'sha-url') ?? (repository && sha ? `${repository}/commit/${sha}` : undefined);
  addLink(links, 'commit', pacAnnotation(metadata, 'sha-title') ?? `Commit ${sha?.slice(0, 12) ?? ''}`, commit);
  if (place.kind === 'pull-request' && place.number !== undefined && repository !== undefined) {
    addLink(links, 'pull-request', `Pull request ${place.number}`, pullRequestURL(repository, place.number, metadata));
  }
  return links;
}

/** Adds a link when its URL is one. */
export function addLink(links: Link[], rel: Link['rel'], title: string, url: string | undefined): void {
  const clean = httpURL(url);
  if (clean !== undefined) links.push({ rel, title: oneLine(title.slice(0, 400), 100) || rel, url: clean });
}

/** The URL as RFC 3986 writes it, without credentials; undefined for anything that is not http or https. */
export function httpURL(url: string | undefined): string | undefined {
  if (url === undefined || url.length > MAX_URL || !URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return undefined;
  if (parsed.hostname === '') return undefined;
  const href = `${parsed.protocol}//${parsed.host}${strict(parsed.pathname)}${strict(parsed.search)}${strict(parsed.hash)}`;
  return href.length > MAX_URL ? undefined : href;
}

/** Escapes what WHATWG lets stand in a path, query or fragment and RFC 3986 does not: | { } ^ ` [ ] and a second #. */
function strict(part: string): string {
  return part
    .replace(/%(?![0-9A-Fa-f]{2})/g, '%25')
    .replace(/(?!^)#|[^A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]/g, (char) => encodeURIComponent(char));
}

/** The template with its placeholders filled in from the metadata. */
export function consoleURL(template: string | undefined, metadata: Metadata): string | undefined {
  return template?.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(placeholder(name, metadata)));
}

function placeholder(name: string, metadata: Metadata): string {
  switch (name) {
    case 'namespace':
      return metadata.namespace ?? '';
    case 'name':
      return metadata.name ?? '';
    case 'application':
    case 'component':
      return labelOrAnnotation(metadata, KEYS[name])?.toWellFormed() ?? '';
    default:
      return '';
  }
}

/** `repo-url` of Pipelines-as-Code, else the repository that Konflux notes as `<url>?rev=<sha>`. */
function repositoryURL(metadata: Metadata): string | undefined {
  const found = pacAnnotation(metadata, 'repo-url') ?? labelOrAnnotation(metadata, KEYS.sourceRepository);
  return httpURL(found?.split(/[?#]/, 1)[0])?.replace(/(\.git)?\/*$/, '');
}

/** The path of a pull request at each host that Pipelines-as-Code knows; GitHub's when it does not say. */
function pullRequestURL(repository: string, number: string, metadata: Metadata): string {
  const provider = pacLabel(metadata, 'git-provider') ?? pacAnnotation(metadata, 'git-provider') ?? 'github';
  if (provider.startsWith('gitlab')) return `${repository}/-/merge_requests/${number}`;
  if (provider.startsWith('bitbucket')) return `${repository}/pull-requests/${number}`;
  if (provider.startsWith('gitea') || provider.startsWith('forgejo')) return `${repository}/pulls/${number}`;
  return `${repository}/pull/${number}`;
}
