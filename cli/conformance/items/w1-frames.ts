import { ensure, type Item } from '../item.ts';
import { NOTHING, watchCollection } from '../watching.ts';

const TYPES = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'];

export const w1: Item = {
  number: 'W1',
  level: 'MUST',
  requirement: 'A watch is 200 application/json at once, and one compact JSON event a line.',
  breaks: 'client-go ends at an unknown type; Python, Lens and client-node read line by line; all wait for headers.',
  async check(subject) {
    const [quiet, full] = await Promise.all([
      watchCollection(subject, `${NOTHING}&resourceVersion=0`, { seconds: 4 }),
      watchCollection(subject, 'resourceVersion=0'),
    ]);
    ensure(quiet.status === 200, `${quiet.question} answered ${quiet.status}`);
    ensure(quiet.headersMs < 2_500, `without events the headers came after ${Math.round(quiet.headersMs)} ms`);
    const type = [full.headers['content-type'] ?? ''].flat()[0]?.split(';')[0];
    ensure(type === 'application/json', `Content-Type is ${type}`);
    for (const event of full.events) {
      ensure(TYPES.includes(event.type), `an event has the type ${event.type}`);
      ensure(event.object.kind, 'the object of an event has no kind');
    }
    for (const { raw } of full.lines)
      ensure(!/^\s|\r$/.test(raw), `a line has white space around it: ${raw.slice(0, 40)}`);
    ensure(full.rest === '', `the last event has no line end: ${full.rest.slice(-40)}`);
  },
};
