/** Kubernetes JSON as it may come from a server of which nothing is known: every field is a hope. */
export interface Loose {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly metadata?: LooseMetadata;
  readonly items?: Loose[] | null;
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: LooseDetails;
  readonly rows?: LooseRow[] | null;
  readonly columnDefinitions?: LooseColumn[] | null;
  readonly groupVersion?: string;
  readonly resources?: LooseResource[];
  readonly [field: string]: unknown;
}

export interface LooseMetadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string | null;
  readonly generation?: number;
  readonly continue?: string;
  readonly remainingItemCount?: number;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly finalizers?: string[];
  readonly [field: string]: unknown;
}

export interface LooseDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly retryAfterSeconds?: number;
  readonly causes?: { reason?: string; message?: string; field?: string }[];
}

export interface LooseRow {
  readonly cells?: unknown[];
  readonly object?: Loose | null;
}

export interface LooseColumn {
  readonly name?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

/** An entry of an APIResourceList. */
export interface LooseResource {
  readonly name?: string;
  readonly singularName?: string;
  readonly namespaced?: boolean;
  readonly kind?: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs?: string[];
  readonly shortNames?: string[];
  readonly categories?: string[];
}

/** `ns/name`, or the name of an object without a namespace. */
export function keyOf({ metadata }: Loose): string {
  return metadata?.namespace ? `${metadata.namespace}/${metadata.name}` : `${metadata?.name}`;
}

/** The value of `status.observed.name`, when it is a scalar. */
export function fieldOf(object: Loose, path: string): string | undefined {
  let value: unknown = object;
  for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined | null)?.[part];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}
