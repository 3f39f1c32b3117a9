import { WebSocketServer } from 'ws';
import type { Defect, RawEvent } from '../defect.ts';
import { all, answering, asking, asks, events, handling, tables, watches } from '../defect.ts';
import type { Exchange } from '../exchange.ts';

const isChange = ({ type }: RawEvent): boolean => type !== 'BOOKMARK' && type !== 'ERROR';
const isPlain = ({ request }: Exchange): boolean => !request.headers.accept?.includes('as=');
const fromNow = ({ query }: Exchange): boolean => ['', '0'].includes(query.get('resourceVersion') ?? '');
const streamed = all(watches, asks('sendInitialEvents'));
const filtered = all(
  watches,
  ({ query }) => query.has('labelSelector') || /^spec/.test(query.get('fieldSelector') ?? ''),
);
const EXPIRED = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  reason: 'Expired',
  code: 410,
  message: 'too old',
};
const old = all(watches, asks('resourceVersion', '1'));

export const watchDefects: Readonly<Record<string, readonly Defect[]>> = {
  V4: [
    events('deletions are not retained', all(watches, asks('timeoutSeconds', '2')), (event) =>
      event.type === 'DELETED' ? undefined : event,
    ),
  ],
  W1: [
    handling('headers wait for the first event', watches, (exchange) => {
      exchange.response.flushHeaders = () => undefined;
      return exchange.next();
    }),
    events('there is a type of its own', watches, (event) => (isChange(event) ? { ...event, type: 'SYNC' } : event)),
    events('events are indented', watches, (event) => `${JSON.stringify(event, null, 2)}\n`),
    events('lines end as in Windows', watches, (event) => `${JSON.stringify(event)}\r\n`),
    handling('it is a stream of text', watches, (exchange) => {
      const { response } = exchange;
      const { setHeader } = response;
      response.setHeader = (name, value) =>
        setHeader.call(response, name, name.toLowerCase() === 'content-type' ? 'text/event-stream' : value);
      return exchange.next();
    }),
  ],
  W2: [
    asking(
      'a version is ignored',
      all(watches, ({ query }) => Number(query.get('resourceVersion')) > 0),
      ({ query }) => query.set('resourceVersion', '0'),
    ),
    events('it begins with what comes next', all(watches, fromNow), () => undefined),
  ],
  W3: [
    events('the end of the list is not marked', streamed, (event) => {
      delete event.object.metadata?.annotations;
      return event;
    }),
    events('the end of the list never comes', streamed, (event) => (event.type === 'BOOKMARK' ? undefined : event)),
    events('the bookmark is a Status', streamed, (event) => {
      if (event.type === 'BOOKMARK') event.object.kind = 'Status';
      return event;
    }),
  ],
  W4: [
    asking(
      'a match is not asked for',
      all(watches, ({ query }) => !query.has('resourceVersionMatch')),
      ({ query }) => query.delete('sendInitialEvents'),
    ),
    asking('false sends the objects too', asks('sendInitialEvents', 'false'), ({ query }) => {
      query.delete('sendInitialEvents');
      query.delete('resourceVersionMatch');
    }),
  ],
  W5: [
    asking('there are none', watches, ({ query }) => query.delete('allowWatchBookmarks')),
    asking('everybody gets them', watches, ({ query }) => query.set('allowWatchBookmarks', 'true')),
    events('they are of another kind', watches, (event) => {
      if (event.type === 'BOOKMARK') event.object.kind = 'Bookmark';
      return event;
    }),
    events('they go back', watches, (event) => {
      if (event.type === 'BOOKMARK' && event.object.metadata) event.object.metadata.resourceVersion = '1';
      return event;
    }),
  ],
  W6: [
    answering('it is a plain 410', old, 410, EXPIRED),
    events('the error has no code', old, (event) => {
      delete event.object.code;
      return event;
    }),
    events('nothing is said', old, (event) => (event.type === 'ERROR' ? undefined : event)),
  ],
  W7: [
    events('leaving a selector is nothing', filtered, (event) => (event.type === 'DELETED' ? undefined : event)),
    events('entering a selector is a change', filtered, (event) =>
      event.type === 'ADDED' ? { ...event, type: 'MODIFIED' } : event,
    ),
  ],
  W8: [
    events('a deletion is only a name', all(watches, isPlain), (event) => {
      if (event.type === 'DELETED') delete event.object.spec;
      return event;
    }),
    events('a deletion has the version of the last change', all(watches, isPlain), (event) => {
      if (event.type === 'DELETED' && event.object.metadata) event.object.metadata.resourceVersion = '1001';
      return event;
    }),
  ],
  W9: [
    asking('it ends after a second', all(watches, asks('timeoutSeconds', '3')), ({ query }) =>
      query.set('timeoutSeconds', '1'),
    ),
    asking('it does not end', all(watches, asks('timeoutSeconds', '3')), ({ query }) => query.delete('timeoutSeconds')),
    handling('it ends with an error', all(watches, asks('timeoutSeconds', '3')), (exchange) => {
      const { response } = exchange;
      const { end } = response;
      response.end = (() => {
        response.end = end;
        return response.end(`${JSON.stringify({ type: 'ERROR', object: EXPIRED })}\n`);
      }) as typeof end;
      return exchange.next();
    }),
  ],
  W10: [
    events('the first object comes twice', all(watches, fromNow), (event, index) =>
      index === 0 ? [event, event] : event,
    ),
    events(
      'a change is lost on the way',
      all(watches, ({ query }) => !query.has('resourceVersion')),
      (event) => (event.object.metadata?.name === 'late' || event.type === 'DELETED' ? undefined : event),
    ),
  ],
  W12: [
    {
      what: 'it is refused',
      upgrade: (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
    },
    { what: 'events are binary frames', upgrade: sockets({ binary: true, protocol: 'base64.binary.k8s.io' }) },
    { what: 'the subprotocol is not echoed', upgrade: sockets({ binary: false, protocol: false }) },
  ],
  W13: [
    events('an event is 17 MiB long', watches, (event, index) => {
      if (index === 0) event.object.spec = 'x'.repeat(17 * 1024 * 1024);
      return event;
    }),
  ],
  W14: [
    asking('it begins with what comes next', all(watches, asks('resourceVersion', '0')), ({ query }) =>
      query.set('resourceVersion', '1006'),
    ),
    events('every object comes first', all(watches, isPlain), (event) => [event, event]),
  ],
  W16: [events('blank lines keep the connection alive', watches, (event) => `\n${JSON.stringify(event)}\n`)],
  W17: [
    events('limit is obeyed', all(watches, asks('limit', '1')), (event, index) => (index === 0 ? event : undefined)),
    asking('continue is ignored', watches, ({ query }) => query.delete('continue')),
  ],
  T5: [
    events('every event describes the columns', all(watches, tables), (event) => {
      event.object.columnDefinitions = [{ name: 'Name' }];
      return event;
    }),
    events('no event describes the columns', all(watches, tables), (event) => {
      event.object.columnDefinitions = null;
      return event;
    }),
  ],
  T7: [
    events('bookmarks are never transformed', watches, (event) => {
      if (event.type === 'BOOKMARK') event.object.kind = 'Widget';
      return event;
    }),
    events('rows of bookmarks have no annotations', all(watches, tables), (event) => {
      if (event.type === 'BOOKMARK') delete event.object.rows?.[0]?.object?.metadata?.annotations;
      return event;
    }),
  ],
};

/** A WebSocket server that sends one event, in its own way. */
function sockets({ binary, protocol }: { binary: boolean; protocol: string | false }): NonNullable<Defect['upgrade']> {
  return (request, socket, head) => {
    const server = new WebSocketServer({ noServer: true, handleProtocols: () => protocol });
    server.handleUpgrade(request, socket, head, (client) => {
      client.send(JSON.stringify({ type: 'ADDED', object: { kind: 'Widget' } }), { binary });
      client.on('close', () => server.close());
    });
  };
}
