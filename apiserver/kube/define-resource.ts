import type Joi from 'joi';
import type { KubernetesObject, OwnerReference } from '../../crds/meta.ts';
import type { UserInfo } from './access/types.ts';
import type { Column } from './resource.ts';

/**
 * What the author of a resource writes (docs/write-a-resource.md): what it is called and looks like, and a feed that says
 * which objects exist. List, get, watch, Table, selectors, discovery, `explain` and numbers are the server's.
 */
export interface ResourceModule<T extends Body = Body, O = unknown> {
  readonly apiVersion: 'resource/v1';
  /** `Deploy`. Unique in the group `faultline.dev`, as is `plural`. */
  readonly kind: string;
  /** `deploys`: what the URL, kubectl and RBAC say. It never changes: the stored objects belong to it. */
  readonly plural: string;
  /** Default: the kind in lower case. */
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  /** `kubectl get <category>` lists it too. Default none; never `all`. */
  readonly categories?: readonly string[];
  /** false: objects have no namespace, and only cluster-wide rights allow to read them. Default true. */
  readonly namespaced?: boolean;
  /** One sentence for `kubectl explain`. */
  readonly description: string;
  /** Validates what the feed writes, and is what `kubectl explain` shows. */
  readonly schema: { readonly [F in keyof T]-?: Joi.Schema };
  /** What `kubectl get` shows between NAME and AGE, which every resource has. */
  readonly columns: readonly ModuleColumn<Served<T>>[];
  /**
   * What a field selector may name besides metadata.name and metadata.namespace, by its path: `spec.environment`. A value
   * that is undefined is selected as ''.
   */
  readonly selectableFields?: Readonly<Record<string, (object: Served<T>) => string | undefined>>;
  /** Validates `with:` of faultline.yaml and gives its defaults. Default: no options. */
  readonly options?: Joi.ObjectSchema<O>;
  readonly feed: Feed<T, O>;
  /** What callers may do to one object: create-only subresources, each with a right of its own. Default none. */
  readonly actions?: readonly ModuleAction<T, O>[];
}

/**
 * Something that a caller does to one object: `POST …/{name}/{action}`, allowed by the verb `create` on `{plural}/{action}`.
 * The wire is the server's: right, body, `dryRun`, preconditions, `explain`, the audit record. The feed stays the only one who
 * writes objects, so an action changes what the feed reads, and readers see it when the feed has.
 */
export interface ModuleAction<T extends Body = Body, O = unknown> {
  /** The last segment of the path, a verb: `extend`. Never log, exec, attach, proxy or portforward. */
  readonly name: string;
  /** Of what is posted and answered, a noun of its own: `FreezeExtension`. Unique in the group. */
  readonly kind: string;
  /** One sentence. */
  readonly description: string;
  /** Validates `spec` of the body, which is `{}` where there is none, and gives its defaults. Default: nothing is asked. */
  readonly spec?: Joi.ObjectSchema;
  /** What `perform` answers. Default: nothing. */
  readonly status?: Joi.ObjectSchema;
  /**
   * Does it, and answers `status` with 201. Throws ApiError for what the caller shall be told (`new ApiError('Conflict', 'it is
   * over')`); anything else is a 500 and a line of the log. Runs in whichever replica was asked, several at a time. Idempotent,
   * because people and proxies send again what may have arrived. After 50 s `signal` fires and the caller is told 504.
   */
  perform(request: ModuleActionRequest<T>, context: ActionContext<O>): Promise<object | undefined>;
}

/** What an action gets. Right, spec and preconditions are checked. */
export interface ModuleActionRequest<T extends Body = Body> {
  /** As it is stored now; changing it changes nothing. */
  readonly object: Served<T>;
  /** As the action's schema accepted it. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly user: UserInfo;
  /** Answer what would be, and do nothing. */
  readonly dryRun: boolean;
  /** Under which kube-apiserver and we log this request. */
  readonly auditId?: string;
  readonly signal: AbortSignal;
}

/** As the feed has it. */
export type ActionContext<O = unknown> = Pick<FeedContext<O>, 'options' | 'directory' | 'now' | 'logger'>;

/** The fields of an object beside apiVersion, kind and metadata. */
export interface Body {
  readonly spec?: object;
  readonly status?: object;
}

/** An object as it is served. */
export type Served<T extends Body = Body> = KubernetesObject & T;

/** An object as a feed writes it. */
export type Given<T extends Body = Body> = T & { readonly metadata: GivenMetadata };

/** uid, generation and resourceVersion are the server's. */
export interface GivenMetadata {
  /**
   * At most 253 of a-z, 0-9, - and ., a letter or digit at both ends: what a Kubernetes name may be. Taken as it is, and
   * refused where it is none: white space around it (PostgreSQL pads `char(n)`) is not taken away.
   */
  readonly name: string;
  /** Required unless the resource has no namespaces. It need not exist: who may read it is decided by its name. */
  readonly namespace?: string;
  /** A label that Kubernetes would refuse is left out; a selectable field can hold any text. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** RFC 3339. Default: when the object was first written. */
  readonly creationTimestamp?: string;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** `type` is `string` unless said otherwise. */
export type ModuleColumn<T> = Omit<Column<T>, 'type' | 'format'> & Partial<Pick<Column<T>, 'type'>>;

/**
 * Says which objects exist, for as long as it runs. It runs in one replica at a time; when that one ends another takes
 * over, so it begins by writing everything. State what is, not what changed: what is equal to what is stored is no change.
 *
 * It ends when `signal` fires. When it throws, it is started again, after 1 s and then with growing pauses up to 1 min;
 * what was written stays served. When it returns, it is done until the server starts again.
 */
export type Feed<T extends Body = Body, O = unknown> = (objects: Objects<T>, context: FeedContext<O>) => Promise<void>;

/**
 * The objects of one resource, to write. Every method rejects when the server ends or another replica has taken over;
 * calls are carried out one after the other. A refused object (a bad name, a spec that its schema does not allow, no JSON,
 * owners without an identity, more than 1 MiB) is left as it was, told to the log and counted; the others are written.
 */
export interface Objects<T extends Body = Body> {
  /** Creates or updates these; of two with one name the later wins. Answers how many changes it took. */
  put(objects: readonly Given<T>[]): Promise<number>;
  /** Deletes these; what does not exist is no error. Answers how many were deleted. */
  remove(keys: readonly Key[]): Promise<number>;
  /** These are all there are: `put` of them, `remove` of all others, and `complete`. Answers how many changes it took. */
  replace(objects: readonly Given<T>[]): Promise<number>;
  /**
   * What was written is complete. Before this (or `replace`) was called for the first time ever the resource answers 503,
   * because a 404 would say that an object does not exist.
   */
  complete(): Promise<void>;
  /** What is stored, by this feed or the one before it. */
  keys(): Promise<Key[]>;
}

export interface Key {
  /** '' for a resource without namespaces. */
  readonly namespace: string;
  readonly name: string;
}

export interface FeedContext<O = unknown> {
  /** `with:` of faultline.yaml, checked and completed. */
  readonly options: O;
  /** The folder of faultline.yaml, absolute: relative paths in `options` are relative to it. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` has fired. Never rejects. */
  sleep(ms: number): Promise<void>;
  readonly logger: FeedLogger;
}

/** The part of pino that feeds use. */
export interface FeedLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Declares a resource. Checks nothing at run time but gives the types; the loader validates what it loads by shape. */
export function defineResource<T extends Body, O = Record<string, never>>(
  module: ResourceModule<T, O>,
): ResourceModule<T, O> {
  return module;
}
