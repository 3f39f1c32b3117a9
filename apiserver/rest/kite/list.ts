import type { UserInfo } from '../../kube/access/types.ts';
import type { ReadyObject } from '../../kube/ready-object.ts';
import { type ActiveIssue, ActiveIssues, jsonBytes, selectActive } from './active-issues.ts';
import { kiteIssue } from './issue-json.ts';
import { isAboutVisible, type ListQuery, storeQuery } from './list-query.ts';
import type { KiteOptions } from './options.ts';
import type { KiteReader } from './reader.ts';

/** How long an answer is given again before its relations are looked up anew, ms: they are no change that a feed tells. */
const RELATIONS_MS = 1_000;
/** What answers take at most in memory. */
const MAX_BYTES = 16 * 1024 * 1024;

interface Answer {
  /** What it was made of: other objects, another answer. */
  readonly objects: readonly ReadyObject[];
  readonly body: Buffer;
  until: number;
}

/**
 * Kite's list. Active issues come from memory, and the same question about an unchanged namespace gets the same bytes;
 * what memory does not have (resolved issues beyond the visible set, search) comes from the database.
 */
export class KiteList {
  readonly #options: KiteOptions;
  readonly #reader: KiteReader;
  readonly #active: ActiveIssues;
  /** The least recently made first. */
  readonly #answers = new Map<string, Answer>();
  #bytes = 0;

  constructor(options: KiteOptions, reader: KiteReader) {
    this.#options = options;
    this.#reader = reader;
    this.#active = new ActiveIssues(options.store);
  }

  /** The answer as JSON. The right to list was checked before. */
  async answer(query: ListQuery, user: UserInfo): Promise<Buffer> {
    if (!isAboutVisible(query)) return this.#fromStore(query, user);
    const visible = this.#options.visible();
    await visible.untilLatest();
    const objects = visible.list(query.namespace);
    const key = JSON.stringify(query);
    const known = this.#answers.get(key);
    if (known?.objects === objects && known.until > this.#options.now()) return known.body;
    return this.#fromMemory(query, user, objects, key);
  }

  /** Relations changed: answers that say there are none may be wrong now. */
  forget(): void {
    this.#answers.clear();
    this.#bytes = 0;
  }

  async #fromMemory(query: ListQuery, user: UserInfo, objects: readonly ReadyObject[], key: string): Promise<Buffer> {
    const { limit, offset, namespace } = query;
    const selected = selectActive(await this.#active.of(namespace, objects), query);
    const page = selected.slice(offset, offset + limit);
    const ids = page.map(({ id }) => id);
    const known = this.#answers.get(key);
    const related = await this.#reader.relations.of(ids);
    if (related.length > 0) return this.#withRelations(page, selected.length, query, user);
    const until = this.#options.now() + RELATIONS_MS;
    if (known?.objects === objects) {
      known.until = until;
      return known.body;
    }
    const body = pageBytes(page, selected.length, query);
    this.#keep(key, { objects, body, until });
    return body;
  }

  /** What a link leads to is for those who may see it: made for each caller, and not kept. */
  async #withRelations(page: readonly ActiveIssue[], total: number, query: ListQuery, user: UserInfo): Promise<Buffer> {
    const related = await this.#reader.related(
      page.map(({ id }) => id),
      user,
    );
    const linked = new Set(related.relations.flatMap(({ sourceId, targetId }) => [sourceId, targetId]));
    const stored = await this.#options.store.issuesById(page.flatMap(({ id }) => (linked.has(id) ? [id] : [])));
    const found = new Map(stored.map((issue) => [issue.id, issue]));
    const shown = page.map((issue) => {
      const here = found.get(issue.id);
      return here ? { bytes: jsonBytes(kiteIssue(here, related, { links: true })) } : issue;
    });
    return pageBytes(shown, total, query);
  }

  async #fromStore(query: ListQuery, user: UserInfo): Promise<Buffer> {
    const asked = storeQuery(query);
    const { issues, total } = asked ? await this.#options.store.findIssues(asked) : { issues: [], total: 0 };
    const related = await this.#reader.related(
      issues.map(({ id }) => id),
      user,
    );
    const page = issues.map((issue) => ({ bytes: jsonBytes(kiteIssue(issue, related, { links: true })) }));
    return pageBytes(page, total, query);
  }

  #keep(key: string, answer: Answer): void {
    this.#drop(key);
    this.#answers.set(key, answer);
    this.#bytes += answer.body.length;
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#answers.get(key)?.body.length ?? 0;
    this.#answers.delete(key);
  }
}

function pageBytes(page: readonly Pick<ActiveIssue, 'bytes'>[], total: number, { limit, offset }: ListQuery): Buffer {
  const parts: Buffer[] = [HEAD];
  for (const [at, { bytes }] of page.entries()) parts.push(...(at > 0 ? [COMMA, bytes] : [bytes]));
  parts.push(Buffer.from(`],"total":${total},"limit":${limit},"offset":${offset}}`));
  return Buffer.concat(parts);
}

const HEAD = Buffer.from('{"data":[');
const COMMA = Buffer.from(',');
