import { JSON_TYPE } from './accept.ts';
import { success } from './errors.ts';
import { need } from './item.ts';
import { NOBODY, type Subject } from './subject.ts';
import type { WatchRun } from './watch.ts';

export interface WatchQuestion {
  readonly accept?: string;
  readonly seconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How much later than it asked for a client may see the end of a watch, in ms: machines are busy. */
const GRACE_MS = 10_000;

/** One watch of the collection, to its end by `timeoutSeconds`. */
export function watchCollection(subject: Subject, query: string, question: WatchQuestion = {}): Promise<WatchRun> {
  need(subject.target.verbs.includes('watch'), 'the resource has no verb watch');
  const { accept = JSON_TYPE, seconds = 1, headers } = question;
  const path = `${subject.collection}?watch=true&timeoutSeconds=${seconds}${query === '' ? '' : `&${query}`}`;
  return subject.api.watch(path, { accept, forMs: seconds * 1_000 + GRACE_MS, ...(headers && { headers }) });
}

export async function currentVersion(subject: Subject): Promise<string> {
  const answer = success(await subject.api.send(`${subject.collection}?limit=1`));
  return answer.json().metadata?.resourceVersion ?? '';
}

/** A field selector that selects nothing. */
export const NOTHING = `fieldSelector=metadata.name%3D${NOBODY}`;

export const STREAMED_LIST = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
