import { createHash } from 'node:crypto';
import type { Answer } from './answer.ts';
import { json } from './answer.ts';
import { wantsAggregatedDiscovery } from './negotiate.ts';
import { apiVersionOf, type ResourceDefinition, verbsOf } from './resource.ts';

/**
 * Discovery, in both forms (aggregated-api section 1). Made from the definitions alone and never from the database:
 * an API group that cannot be discovered stops every namespace deletion of the cluster (X3, design.md decision 13).
 */
export interface VersionInfo {
  /** As kubectl compares it with its own: `v1.34.1+faultline.0.1.0`. */
  readonly gitVersion: string;
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

export class Discovery {
  readonly #definitions: readonly ResourceDefinition[];
  readonly #version: VersionInfo;

  constructor(definitions: readonly ResourceDefinition[], version: VersionInfo) {
    this.#definitions = definitions;
    this.#version = version;
  }

  /** The answer for a path, or undefined when it is none of discovery's. */
  answer(path: string, accept: string | undefined, ifNoneMatch: string | undefined): Answer | undefined {
    const [root, group, version, more] = path.replace(/^\/+|\/+$/g, '').split('/');
    if (more !== undefined) return undefined;
    if (root === '') return json({ paths: this.#paths() });
    if (root === 'version' && group === undefined) return json(versionBody(this.#version));
    if (root === 'api' && group === undefined) {
      // There is no core group: an empty list of versions, in both forms.
      if (wantsAggregatedDiscovery(accept)) return aggregated([], ifNoneMatch);
      return json({ kind: 'APIVersions', versions: [], serverAddressByClientCIDRs: [] }, 200, VARY);
    }
    if (root !== 'apis') return undefined;
    if (group === undefined) return this.#allGroups(accept, ifNoneMatch);
    if (!this.#groups().includes(group)) return undefined;
    if (version === undefined) return json({ kind: 'APIGroup', apiVersion: 'v1', ...this.#group(group) });
    return this.#resourceList(group, version);
  }

  #allGroups(accept: string | undefined, ifNoneMatch: string | undefined): Answer {
    const groups = this.#groups();
    if (!wantsAggregatedDiscovery(accept)) {
      const list = { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map((group) => this.#group(group)) };
      return json(list, 200, VARY);
    }
    return aggregated(
      groups.map((group) => this.#aggregatedGroup(group)),
      ifNoneMatch,
    );
  }

  #groups(): string[] {
    return [...new Set(this.#definitions.map((definition) => definition.group))];
  }

  #versions(group: string): string[] {
    return [...new Set(this.#definitions.filter((one) => one.group === group).map((one) => one.version))];
  }

  #of(group: string, version: string): ResourceDefinition[] {
    return this.#definitions.filter((one) => one.group === group && one.version === version);
  }

  #group(group: string) {
    const versions = this.#versions(group).map((version) => ({ groupVersion: `${group}/${version}`, version }));
    return { name: group, versions, preferredVersion: versions[0] };
  }

  #resourceList(group: string, version: string): Answer | undefined {
    const definitions = this.#of(group, version);
    if (definitions.length === 0) return undefined;
    const resources = definitions.flatMap((definition) => [
      legacyResource(definition),
      ...legacySubresources(definition),
    ]);
    return json({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources });
  }

  #aggregatedGroup(group: string) {
    const versions = this.#versions(group).map((version) => ({
      version,
      resources: this.#of(group, version).map(aggregatedResource),
      freshness: 'Current',
    }));
    return { metadata: { name: group, creationTimestamp: null }, versions };
  }

  #paths(): string[] {
    const groups = this.#groups().map((group) => `/apis/${group}`);
    const versions = new Set(this.#definitions.map((definition) => `/apis/${apiVersionOf(definition)}`));
    return ['/apis', ...groups, ...versions, '/openapi/v2', '/openapi/v3', '/version'].sort();
  }
}

const VARY = { Vary: 'Accept' };

function legacyResource(definition: ResourceDefinition) {
  return {
    name: definition.plural,
    singularName: definition.singular,
    namespaced: definition.namespaced,
    kind: definition.kind,
    verbs: verbsOf(definition),
    ...(definition.shortNames.length > 0 && { shortNames: definition.shortNames }),
    ...(definition.categories.length > 0 && { categories: definition.categories }),
  };
}

/** Subresources are entries of their own here (D3), parts of their resource in the aggregated form. */
function legacySubresources(definition: ResourceDefinition) {
  const { plural, namespaced } = definition;
  return subresourcesOf(definition).map(({ name, kind, verbs }) => ({
    ...{ name: `${plural}/${name}`, singularName: '', namespaced, kind },
    verbs,
  }));
}

function subresourcesOf({ actions = [], attachments = [] }: ResourceDefinition) {
  return [
    ...actions.map(({ name, kind }) => ({ name, kind, verbs: ['create'] })),
    ...attachments.map(({ name, kind }) => ({ name, kind, verbs: ['get'] })),
  ];
}

function aggregatedResource(definition: ResourceDefinition) {
  const { group, version, kind } = definition;
  const subresources = subresourcesOf(definition).map(({ name, kind, verbs }) => ({
    subresource: name,
    responseKind: { group, version, kind },
    verbs,
  }));
  return {
    resource: definition.plural,
    responseKind: { group, version, kind },
    scope: definition.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular,
    verbs: verbsOf(definition),
    ...(definition.shortNames.length > 0 && { shortNames: definition.shortNames }),
    ...(definition.categories.length > 0 && { categories: definition.categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}

function aggregated(items: readonly unknown[], ifNoneMatch: string | undefined): Answer {
  const list = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
  return withETag(list, ifNoneMatch, { 'Content-Type': AGGREGATED, 'Cache-Control': 'public', ...VARY });
}

/** A strong ETag made of the content, so that it is equal on all replicas; 304 has no body and no Location (D7, H3). */
export function withETag(
  value: unknown,
  ifNoneMatch: string | undefined,
  headers: Readonly<Record<string, string>>,
): Answer {
  const body = `${JSON.stringify(value)}\n`;
  const etag = `"${contentHash(body)}"`;
  const known = ifNoneMatch?.split(',').some((tag) => tag.trim() === etag || tag.trim() === '*') ?? false;
  return { status: known ? 304 : 200, headers: { ...headers, ETag: etag }, body: known ? '' : body };
}

export function contentHash(text: string): string {
  return createHash('sha512').update(text).digest('hex').toUpperCase();
}

function versionBody({ gitVersion }: VersionInfo) {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  const build = { gitCommit: '', gitTreeState: '', buildDate: '', goVersion: '', compiler: '', platform: '' };
  return { major, minor, gitVersion, ...build };
}
