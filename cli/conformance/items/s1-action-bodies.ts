import { actionsOf, callAction } from '../actions.ts';
import { refusal } from '../errors.ts';
import type { Item } from '../item.ts';

export const s1: Item = {
  number: 'S1',
  level: 'MUST',
  requirement:
    'An action takes a JSON object of its kind: another media type is 415, unreadable or of another kind is 400.',
  breaks: 'Something is done that nobody asked for.',
  async check(subject) {
    const one = await subject.one();
    for (const action of actionsOf(subject)) {
      refusal(await callAction(subject, action, one, { body: '{"kind":' }), 400);
      const other = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} });
      refusal(await callAction(subject, action, one, { body: other }), 400);
      refusal(await callAction(subject, action, one, { body: 'x', contentType: 'text/plain' }), 415);
    }
  },
};
