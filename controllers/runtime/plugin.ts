import type Joi from 'joi';
import type { Finding, Subject } from '../../crds/report.ts';
import type { Documentation } from './catalogue.ts';

/**
 * What a plugin author writes (contracts.md "Plugin"). A controller is a pure function of observed state: it returns
 * *everything* that is wrong with the subject now, and never says "create" or "resolve".
 */

export type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** What every watched object has. Recorded objects are not always tidy: everything but `kind` and `name` may be missing. */
export interface ObjectLike {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
  };
}

export interface Watches {
  /** `tekton.dev/v1`, or several in order of preference: the first version the server serves is watched. */
  apiVersion: string | readonly string[];
  kind: string;
  /**
   * Dotted paths that `observe` reads besides identity, labels, annotations and owners; everything else is dropped
   * before it is kept. An empty list (class `state`) asks the server for nothing but metadata.
   */
  fields?: readonly string[];
  /** Only objects with these labels are watched; the server selects. */
  labelSelector?: string;
  /** Only objects with these fields are watched; the server selects, and knows few fields a kind: `status.phase!=Succeeded`. */
  fieldSelector?: string;
  /**
   * Keys by which `read.indexed` finds objects of this kind without looking at all of them: a name of yours to a dotted
   * path, through lists or to `metadata.labels.<label>`. The path need not be in `fields` as well.
   */
  indexes?: Readonly<Record<string, string>>;
}

export interface Reads {
  apiVersion: string | readonly string[];
  kind: string;
  /** As of `watches`. An empty list asks the server for nothing but metadata (of owned objects also for how they ended). */
  fields?: readonly string[];
  /** Only these are asked for and kept, so that the absence of one says nothing (docs/adr/0017). Default: all. */
  labelSelector?: string;
  /** As `labelSelector`, by the few fields that the server knows: `metadata.name=x`. */
  fieldSelector?: string;
  /** As of `watches`. */
  indexes?: Readonly<Record<string, string>>;
  /** Only objects owned (ownerReferences) by an observed object are kept. */
  ownedByObject?: boolean;
  /**
   * Where the cluster does not let us read this kind, look without it: it reads as absent. For kinds that only refine a
   * verdict, or whose deletion ends an issue. Default: no verdict until it can be read.
   */
  optional?: boolean;
}

/** One look at one subject. An empty list of findings means healthy. */
export interface Observation {
  subject: Subject;
  /** Where the issue lives; default: the observed object's namespace. */
  namespace?: string;
  /** RFC 3339 time of the transition (a condition's lastTransitionTime). */
  observedAt?: string;
  /** RFC 3339; class `run` only. Default: status.completionTime, else the deciding condition's lastTransitionTime. */
  completedAt?: string;
  /** RFC 3339; class `run` only. Default: metadata.creationTimestamp. */
  createdAt?: string;
  /** RFC 3339; class `run` only. */
  expiresAt?: string;
  /** How many related objects were found finished; default: the owned objects read that have a completionTime. */
  detail?: number;
  /** Look again after this many ms. */
  again?: number;
  /**
   * Of several observations: why there is no verdict about this subject, though there is one about the others. Nothing is
   * sent about it and what is open stays open, where leaving it out would resolve it (docs/adr/0028). `findings` is empty.
   */
  noVerdict?: string;
  findings: readonly Finding[];
}

/** No verdict: nothing is sent, stored or resolved. */
export interface Undecided {
  readonly undecided: string;
  /** Look again after this many ms. */
  readonly again?: number;
  /** Settled without a verdict for ever (a cancelled run): not counted as terminal and undecided. */
  readonly final?: boolean;
}

export type Verdict = Observation | readonly Observation[] | Undecided;

/**
 * Related objects, from the cache, as frozen values. Only kinds that `reads` declares. Every read is remembered, so
 * that a change of what was read observes again. Asynchronous from the first day: a plugin may run in a worker.
 */
export interface Read {
  now(): Date;
  /**
   * Whether this is a cluster as it is now. False for recorded objects: nobody knows when they were recorded, and what was
   * not recorded may well have been there (docs/adr/0020).
   */
  readonly live: boolean;
  readonly signal: AbortSignal;
  owned<K extends ObjectLike>(kind: string): Promise<readonly DeepReadonly<K>[]>;
  get<K extends ObjectLike>(kind: string, namespace: string, name: string): Promise<DeepReadonly<K> | undefined>;
  list<K extends ObjectLike>(
    kind: string,
    selector: { namespace: string; labels?: Record<string, string> },
  ): Promise<readonly DeepReadonly<K>[]>;
  /**
   * Whether an object of this kind that does not read in this namespace ('' for kinds without namespaces) is not there. False
   * where namespaces are left out, for a kind that is read in part (selectors, `ownedByObject`, the watched kind), is not
   * installed or may not be read, and of recorded objects (docs/adr/0025).
   */
  covers(kind: string, namespace: string): Promise<boolean>;
  /** The objects that have this value at a declared index (`indexes`), of one namespace or of all that are watched. */
  indexed<K extends ObjectLike>(
    kind: string,
    index: string,
    value: string,
    selector?: { namespace?: string },
  ): Promise<readonly DeepReadonly<K>[]>;
  /**
   * The end of a container's log, for evidence; only with `logs: true`. Undefined when it cannot be had now: the Pod is
   * gone, it may not be read, or this is a look of a first list, which is followed by one with logs. 200 lines
   * (`tailLines`) and 64 KiB, which is what evidence takes; who has to judge by a log may ask for more, at most 5,000 lines and
   * 1 MiB (docs/adr/0032). Never rejects because of the cluster.
   */
  logs(
    namespace: string,
    pod: string,
    container: string,
    options?: { readonly tailLines?: number },
  ): Promise<LogTail | undefined>;
}

export interface LogTail {
  /** Oldest first. */
  readonly lines: readonly string[];
  /** There were more before the first. */
  readonly cut: boolean;
}

export interface ControllerDefinition<T extends ObjectLike = ObjectLike, O = unknown> {
  apiVersion: 'controller/v1';
  watches: Watches;
  reads?: readonly Reads[];
  /** Validates `with:` of faultline.yaml and gives its defaults. */
  options?: Joi.ObjectSchema<O>;
  order: 'run' | 'state';
  /** What the deletion of the observed object means: its failure is gone (a Deployment), or says nothing (a pruned run). */
  onDelete: 'resolve' | 'keep';
  /**
   * What findings say may be read in the namespace though the subject or the observed object is in another one.
   * Default: title, description, links and remediation of such findings are dropped (docs/adr/0007).
   */
  crossNamespaceText?: boolean;
  /** `observe` reads logs (`read.logs`). Default false. */
  logs?: boolean;
  /** What it is for and what it can find: its page in docs/controllers is made from it (docs/adr/0016). */
  documentation?: Documentation;
  observe(object: DeepReadonly<T>, read: Read, options: O): Promise<Verdict> | Verdict;
}

/** Declares a controller. Checks nothing at run time but gives the types; the loader validates what it loads by shape. */
export function defineController<T extends ObjectLike, O = Record<string, never>>(
  definition: ControllerDefinition<T, O>,
): ControllerDefinition<T, O> {
  return definition;
}

/**
 * A controller whose kind is not known before its options are (docs/adr/0023): `create` makes the definition for one entry of
 * faultline.yaml from its validated options.
 */
export interface ControllerTemplate<O = unknown> {
  apiVersion: 'controller/v1';
  /** Validates `with:` of faultline.yaml and gives its defaults. */
  options: Joi.ObjectSchema<O>;
  documentation?: Documentation;
  /**
   * Which entries one entry stands for: `with` of each, by what is appended to its name (`<name>-<key>`). Asked before `with` is
   * validated, so it may be anything. Undefined: it is one. Only of what is built in (docs/adr/0023).
   */
  expand?(
    given: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  /** `observe` of what it makes is given the same options. */
  create(options: O): Omit<ControllerDefinition<ObjectLike, O>, 'options'>;
}

/** Declares a template. Checks nothing at run time but gives the types; the loader validates what `create` makes by shape. */
export function defineTemplate<O>(template: ControllerTemplate<O>): ControllerTemplate<O> {
  return template;
}

/** "I cannot tell yet" (`Running`), "look again in `again` ms", or "I will never tell" (`final`). */
export function undecided(reason: string, how: { again?: number; final?: boolean } = {}): Undecided {
  return { undecided: reason, ...how };
}

/** Do not retry: the object will never be understood as it is. Recognised by name, because source and dist are two copies. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

/** Look again after `ms` instead of with backoff. */
export class RetryAfter extends Error {
  override readonly name = 'RetryAfter';
  readonly ms: number;
  constructor(ms: number, message = `look again in ${ms} ms`) {
    super(message);
    this.ms = ms;
  }
}
