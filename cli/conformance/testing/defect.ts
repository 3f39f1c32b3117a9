import type { IncomingMessage, RequestListener } from 'node:http';
import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { UserInfo } from '../../../apiserver/kube/access/index.ts';
import type { ServingCertificate } from '../../../apiserver/server/listener.ts';
import type { Loose, LooseResource } from '../loose.ts';
import { changeAnswer, changeLines, type Exchange } from './exchange.ts';

/** Exactly one thing that a server does wrong; everything else is the correct server's. */
export interface Defect {
  /** What is wrong, in a few words: part of the test's name. */
  readonly what: string;
  /** Stands before the correct server. */
  readonly handle?: (exchange: Exchange) => Promise<void>;
  /** Changes an object of the cluster around the server. */
  readonly cluster?: (path: string, object: Loose) => unknown;
  /** Whom the server believes a request to be from, before it asks who it really is. */
  readonly believe?: (request: IncomingMessage) => UserInfo | undefined;
  /** Another listener than the correct one. */
  readonly listener?: (certificate: ServingCertificate, onRequest: RequestListener) => Server;
  /** Answers a WebSocket instead of the correct server. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

type Match = (exchange: Exchange) => boolean;

/** What one defect sees of the requests it is about; all others pass. */
export function handling(what: string, match: Match, handle: (exchange: Exchange) => Promise<void> | void): Defect {
  return {
    what,
    handle: async (exchange) => (match(exchange) ? await handle(exchange) : await exchange.next()),
  };
}

/** Another answer altogether. */
export function answering(
  what: string,
  match: Match,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Defect {
  return handling(what, match, (exchange) => exchange.answer(status, body, headers));
}

/** The same answer with a changed body. Bodies that are no JSON pass. */
export function json(what: string, match: Match, change: (body: Draft<Loose>, exchange: Exchange) => unknown): Defect {
  return handling(what, match, (exchange) =>
    changeAnswer(exchange, (answer) => {
      const text = answer.body.toString();
      if (!text.startsWith('{')) return;
      const body = JSON.parse(text) as Draft<Loose>;
      answer.body = Buffer.from(JSON.stringify(change(body, exchange) ?? body));
    }),
  );
}

/** Defects change what they like. */
export type Draft<T> = T extends (infer E)[]
  ? Draft<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Draft<T[K]> }
    : T;

/** The same answer with changed status or headers. */
export function head(
  what: string,
  match: Match,
  change: (exchange: Exchange, answer: { status: number; body: Buffer }) => void,
): Defect {
  return handling(what, match, (exchange) => changeAnswer(exchange, (answer) => change(exchange, answer)));
}

/** Asked for something else than the client asked for. */
export function asking(what: string, match: Match, change: (exchange: Exchange) => void): Defect {
  return handling(what, match, (exchange) => {
    change(exchange);
    return exchange.next();
  });
}

export interface RawEvent {
  type: string;
  object: Draft<Loose>;
}

/** Changed events of a watch: another one, several, none, or text that is no event. */
export function events(
  what: string,
  match: Match,
  change: (event: RawEvent, index: number, exchange: Exchange) => RawEvent | readonly RawEvent[] | string | undefined,
): Defect {
  return handling(
    what,
    (exchange) => exchange.isWatch && match(exchange),
    (exchange) =>
      changeLines(exchange, (line, index) => {
        const changed = change(JSON.parse(line) as RawEvent, index, exchange);
        if (changed === undefined) return '';
        if (typeof changed === 'string') return changed;
        return [changed]
          .flat()
          .map((event) => `${JSON.stringify(event)}\n`)
          .join('');
      }),
  );
}

export const GROUP = 'example.dev';
export const GROUP_VERSION = '/apis/example.dev/v1';

export const always: Match = () => true;
export const at =
  (...paths: readonly string[]): Match =>
  ({ path }) =>
    paths.includes(path);

/** Lists, in all their forms, but no watches. */
export const lists: Match = ({ path, isWatch, request }) =>
  /\/widgets\/?$/.test(path) && !isWatch && request.method === 'GET';
export const watches: Match = ({ path, isWatch }) => /\/widgets$/.test(path) && isWatch;
export const items: Match = ({ path }) => /\/widgets\/[^/]+$/.test(path);
export const actions: Match = ({ path }) => /\/widgets\/[^/]+\/[^/]+$/.test(path);
export const tables: Match = ({ request }) => request.headers.accept?.includes('as=Table') ?? false;
export const partials: Match = ({ request }) => request.headers.accept?.includes('PartialObjectMetadata') ?? false;
export const all =
  (...matches: readonly Match[]): Match =>
  (exchange) =>
    matches.every((match) => match(exchange));
export const asks =
  (name: string, value?: string): Match =>
  ({ query }) =>
    value === undefined ? query.has(name) : query.get(name) === value;

/** Changes the entry of the resource in both forms of discovery. */
export function entry(what: string, change: (entry: Draft<LooseResource>) => void): Defect {
  return json(what, at(GROUP_VERSION), (body) => {
    for (const one of body.resources ?? []) change(one as Draft<LooseResource>);
  });
}
