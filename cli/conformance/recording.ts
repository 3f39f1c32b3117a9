import { setTimeout as sleep } from 'node:timers/promises';
import { ensure, need } from './item.ts';
import { fieldOf, keyOf, type Loose } from './loose.ts';
import { selectableFields } from './selectable-fields.ts';
import type { Subject } from './subject.ts';
import type { WatchEvent, WatchRun } from './watch.ts';

/** A selector with one equality, as a query and as a predicate. */
export interface Equality {
  readonly query: string;
  selects(object: Loose): boolean;
}

/** Several watches over the same changes. */
export interface Recording {
  readonly before: State;
  readonly after: State;
  /** Everything, from `before` on. */
  readonly all: WatchRun;
  readonly filtered: readonly { readonly equality: Equality; readonly run: WatchRun }[];
  /** Everything as tables. */
  readonly table: WatchRun;
  /** Begun at odd moments while things changed, each with the state of its moment. */
  readonly late: readonly WatchRun[];
}

export interface State {
  readonly resourceVersion: string;
  readonly objects: readonly Loose[];
}

const LATE_WATCHES = 6;
const LATE_EVERY_MS = 250;
/** For the last changes to arrive in every watch. */
const SETTLE_MS = 1_500;
const MAX_SELECTORS = 12;
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** Watches while `change` runs, or for `listenMs` when nobody can be asked to change something. */
export async function record(
  subject: Subject,
  change: (() => Promise<void>) | undefined,
  listenMs: number,
): Promise<Recording> {
  need(subject.target.verbs.includes('watch'), 'the resource has no verb watch');
  const before = await stateOf(subject);
  const stop = new AbortController();
  const open = (query: string, accept = 'application/json') =>
    subject.api.watch(`${subject.collection}?watch=true&timeoutSeconds=600${query}`, {
      accept,
      forMs: 600_000,
      signal: stop.signal,
    });
  const from = `&resourceVersion=${before.resourceVersion}`;
  const all = open(`${from}&allowWatchBookmarks=true`);
  const table = open(from, TABLE);
  const equalities = equalitiesOf(before.objects, await selectableFields(subject));
  const filtered = equalities.map(async (equality) => ({ equality, run: await open(`${from}&${equality.query}`) }));
  const late: Promise<WatchRun>[] = [];
  try {
    await sleep(300, undefined, { signal: subject.signal });
    const changing = change ? change() : sleep(listenMs, undefined, { signal: subject.signal });
    for (let index = 0; index < LATE_WATCHES; index++) {
      late.push(open(''));
      await Promise.race([sleep(LATE_EVERY_MS), changing]);
    }
    await changing;
    await sleep(SETTLE_MS, undefined, { signal: subject.signal });
    const after = await stateOf(subject);
    await sleep(SETTLE_MS, undefined, { signal: subject.signal });
    stop.abort();
    const [everything, tables] = await Promise.all([all, table]);
    return {
      before,
      after,
      all: everything,
      table: tables,
      filtered: await Promise.all(filtered),
      late: await Promise.all(late),
    };
  } finally {
    stop.abort();
    await Promise.allSettled([all, table, ...filtered, ...late]);
  }
}

async function stateOf(subject: Subject): Promise<State> {
  const answer = await subject.api.send(subject.collection);
  ensure(answer.status === 200, `${answer.question} answered ${answer.status}: ${answer.beginning}`);
  const { metadata, items } = answer.json();
  return { resourceVersion: metadata?.resourceVersion ?? '', objects: items ?? [] };
}

/** Every value that a label or a selectable field has now, and the commonest first: those are likely to change. */
function equalitiesOf(objects: readonly Loose[], fields: readonly string[]): Equality[] {
  const counted = new Map<string, { equality: Equality; count: number }>();
  const count = (parameter: string, name: string, value: string, selects: Equality['selects']): void => {
    const query = `${parameter}=${encodeURIComponent(`${name}=${value}`)}`;
    const known = counted.get(query) ?? { equality: { query, selects }, count: 0 };
    counted.set(query, { ...known, count: known.count + 1 });
  };
  for (const object of objects) {
    for (const [name, value] of Object.entries(object.metadata?.labels ?? {})) {
      count('labelSelector', name, value, (other) => other.metadata?.labels?.[name] === value);
    }
    for (const field of fields.filter((one) => !one.startsWith('metadata.'))) {
      const value = fieldOf(object, field);
      if (value === undefined || /[,=\\]/.test(value)) continue;
      count('fieldSelector', field, value, (other) => fieldOf(other, field) === value);
    }
  }
  return [...counted.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, MAX_SELECTORS)
    .map(({ equality }) => equality);
}

/** What a client that starts from `objects` and follows `events` believes: the version of each object. */
export function replay(objects: readonly Loose[], events: readonly WatchEvent[]): Map<string, string> {
  const state = new Map(objects.map((object) => [keyOf(object), object.metadata?.resourceVersion ?? '']));
  for (const { type, object } of events) {
    if (type === 'DELETED') state.delete(keyOf(object));
    else state.set(keyOf(object), object.metadata?.resourceVersion ?? '');
  }
  return state;
}

/** Skips the item unless something changed while we looked. */
export function needChanges(subject: Subject, events: readonly WatchEvent[], what = 'no object changed'): void {
  const how = subject.hasChangeCommand ? 'by --change-command' : 'while we looked: give --change-command';
  need(events.length > 0, `${what} ${how}`);
}
