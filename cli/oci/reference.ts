/** What an artifact in a registry is called. */
export interface ArtifactReference {
  /** `quay.io`, `localhost:5000`. */
  readonly registry: string;
  readonly repository: string;
  /** `latest` where neither a tag nor a digest is written. */
  readonly tag: string | undefined;
  /** `sha256:…` */
  readonly digest: string | undefined;
}

const COMPONENT = '[a-z0-9]+(?:[._-]+[a-z0-9]+)*';
const REFERENCE = new RegExp(
  `^(?:oci:(?::|//))?([A-Za-z0-9.-]+(?::\\d{1,5})?)/(${COMPONENT}(?:/${COMPONENT})*)(?::([A-Za-z0-9_][\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
);

/**
 * `quay.io/org/name:tag`, `quay.io/org/name@sha256:…`, also as policies write it (`oci::quay.io/…`, `oci://quay.io/…`). Undefined
 * for anything else, and for a name without a registry: there is no default one.
 */
export function parseReference(text: string): ArtifactReference | undefined {
  const match = text.length > 512 ? null : REFERENCE.exec(text);
  const [, registry, repository, tag, digest] = match ?? [];
  if (registry === undefined || repository === undefined) return undefined;
  if (!/[.:]/.test(registry) && registry !== 'localhost') return undefined;
  // Such as a port beyond 65535.
  if (!URL.canParse(`https://${registry}`)) return undefined;
  return {
    registry: registry.toLowerCase(),
    repository,
    tag: tag ?? (digest === undefined ? 'latest' : undefined),
    digest,
  };
}

export function formatReference({ registry, repository, tag, digest }: ArtifactReference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
