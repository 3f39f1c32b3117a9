import type { Answer, ApiClient } from './client.ts';
import { ensure, need } from './item.ts';
import { keyOf, type Loose } from './loose.ts';
import { type Recording, record } from './recording.ts';
import { collectionPath, type Target } from './target.ts';

export interface SubjectOptions {
  readonly api: ApiClient;
  /** Straight at the server, without kube-apiserver in between; the same as `api` on the direct path. */
  readonly straight: ApiClient | undefined;
  /** Straight at the server and without credentials. */
  readonly anonymous: ApiClient | undefined;
  readonly target: Target;
  /** A shell command that makes some object of the resource change. */
  readonly change: (() => Promise<void>) | undefined;
  /** How long to wait for changes by others when there is no command, in ms. */
  readonly listenMs: number;
  readonly signal: AbortSignal;
}

/** A namespace, or everything, whose objects are known completely. */
export interface Scope {
  readonly path: string;
  readonly objects: readonly Loose[];
}

/** As kubectl and informers page. */
const PAGE = 500;
/** RFC 1123, and nobody's. */
export const NOBODY = 'faultline-conformance-nobody';

/** The resource under test, as the checks see it. What several of them need is asked once. */
export class Subject {
  readonly api: ApiClient;
  readonly anonymous: ApiClient | undefined;
  readonly target: Target;
  readonly signal: AbortSignal;
  readonly #options: SubjectOptions;
  #list: Promise<Answer> | undefined;
  #document: Promise<Loose> | undefined;
  #recording: Promise<Recording> | undefined;

  constructor(options: SubjectOptions) {
    this.#options = options;
    this.api = options.api;
    this.anonymous = options.anonymous;
    this.target = options.target;
    this.signal = options.signal;
  }

  /** Where kubectl would list: the namespace that was asked for, else all of them. */
  get collection(): string {
    return collectionPath(this.target, this.target.namespace);
  }

  /** Straight at the server; skips the item where the way there is not known. */
  get straight(): ApiClient {
    need(this.target.path !== 'built-in', 'kube-apiserver serves this resource itself');
    const { straight } = this.#options;
    need(straight, 'only seen straight at the server: give --direct https://<host>:<port>');
    return straight;
  }

  /** Straight at the server as a stranger. */
  get stranger(): ApiClient {
    void this.straight;
    return this.anonymous as ApiClient;
  }

  /** The collection's first page, asked once. */
  list(): Promise<Answer> {
    this.#list ??= this.api.send(`${this.collection}?limit=${PAGE}`);
    return this.#list;
  }

  /** What the first page holds, at least `count` objects; skips the item when there are fewer. */
  async objects(count = 1): Promise<readonly Loose[]> {
    need(this.target.verbs.includes('list'), 'the resource has no verb list');
    const list = await this.list();
    ensure(list.status === 200, `${list.question} answered ${list.status}: ${list.beginning}`);
    const { items } = list.json();
    ensure(Array.isArray(items), `${list.question} answered without items`);
    need(items.length >= count, `fewer than ${count} objects to look at`);
    return items;
  }

  /** How many objects the fullest namespace of the first page has; undefined when no list can be read. */
  async most(): Promise<number | undefined> {
    if (!this.target.verbs.includes('list')) return undefined;
    const list = await this.list();
    const items = list.status === 200 ? list.json().items : undefined;
    if (!Array.isArray(items)) return undefined;
    const namespaces = Map.groupBy(items as readonly Loose[], ({ metadata }) => metadata?.namespace ?? '');
    return Math.max(0, ...[...namespaces.values()].map(({ length }) => length));
  }

  async one(): Promise<Loose> {
    const [first] = await this.objects();
    return first as Loose;
  }

  item(object: Loose): string {
    return `${collectionPath(this.target, object.metadata?.namespace)}/${object.metadata?.name}`;
  }

  /** A name that no object has. */
  get missing(): string {
    return `${this.emptyNamespace}/${NOBODY}`;
  }

  /** A collection of the right form: the namespace asked for, or one that does not exist. */
  get emptyNamespace(): string {
    return collectionPath(this.target, this.target.namespace ?? NOBODY);
  }

  /** The namespace with the fewest objects but at least `count`, with all of them; everything when it has no namespaces. */
  async scope(count = 2): Promise<Scope> {
    const sizes = new Map<string, number>();
    for (const { metadata } of await this.objects(count)) {
      sizes.set(metadata?.namespace ?? '', (sizes.get(metadata?.namespace ?? '') ?? 0) + 1);
    }
    const [found] = [...sizes].filter(([, size]) => size >= count).sort(([, a], [, b]) => a - b);
    need(found, `no namespace with ${count} objects`);
    const path = collectionPath(this.target, found[0]);
    const { items } = (await this.api.send(path)).json();
    need((items?.length ?? 0) >= count, 'the objects went away during the run');
    return { path, objects: items ?? [] };
  }

  /** OpenAPI v3 of the group and version, asked once. */
  document(): Promise<Loose> {
    this.#document ??= this.api.send(`/openapi/v3/apis/${this.target.group}/${this.target.version}`).then((answer) => {
      ensure(answer.status === 200, `${answer.question} answered ${answer.status}: ${answer.beginning}`);
      return answer.json();
    });
    return this.#document;
  }

  /** What happened while somebody changed objects, looked at in several ways at once. Made once. */
  changes(): Promise<Recording> {
    this.#recording ??= record(this, this.#options.change, this.#options.listenMs);
    return this.#recording;
  }

  get hasChangeCommand(): boolean {
    return this.#options.change !== undefined;
  }
}

/** Compares what two requests said while others may write: three times before it counts. */
export async function settled(compare: () => Promise<string | undefined>): Promise<void> {
  let difference: string | undefined;
  for (let attempt = 0; attempt < 3; attempt++) {
    difference = await compare();
    if (difference === undefined) return;
  }
  ensure(false, difference as string);
}

/** Keys in order, to be compared. */
export function keysOf(objects: readonly Loose[] | null | undefined): string {
  return (objects ?? []).map(keyOf).sort().join(' ');
}
