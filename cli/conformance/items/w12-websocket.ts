import { ensure, type Item, need } from '../item.ts';
import { openWebSocket } from '../websocket.ts';

export const w12: Item = {
  number: 'W12',
  level: 'MUST',
  requirement:
    'A watch over WebSocket answers 101 with the subprotocol that was asked for, and sends events as text frames.',
  breaks: 'Headlamp: its lists never change.',
  async check(subject) {
    const { api, collection, target } = subject;
    need(target.verbs.includes('watch'), 'the resource has no verb watch');
    await subject.objects();
    const path = `${collection}?watch=true&resourceVersion=0&timeoutSeconds=5`;
    const { protocol, message } = await openWebSocket(api, path, 'base64.binary.k8s.io', 10_000);
    ensure(protocol === 'base64.binary.k8s.io', `the subprotocol is "${protocol}"`);
    ensure(typeof message === 'string', 'the first event is a binary frame');
    const { type, object } = JSON.parse(message) as { type?: string; object?: { kind?: string } };
    ensure(type === 'ADDED' && object?.kind === target.kind, `the first event is ${type} of ${object?.kind}`);
  },
};
