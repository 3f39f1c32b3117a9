import { expect, test } from 'vitest';
import { normalAnswer } from './answer.ts';

test('of a watch the end of the initial events counts, a bookmark in passing does not', () => {
  const bookmark = (annotations?: object) =>
    JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Issue', metadata: { resourceVersion: '7', annotations } } });
  const added = JSON.stringify({ type: 'ADDED', object: { kind: 'Issue', metadata: { name: 'a' } } });
  const body = [added, bookmark({ 'k8s.io/initial-events-end': 'true' }), bookmark()].join('\n');
  expect(normalAnswer({ status: 200, headers: {}, body } as Parameters<typeof normalAnswer>[0], {}).body).toEqual([
    { type: 'ADDED', object: { kind: 'Issue', name: 'a' } },
    { type: 'BOOKMARK', object: { kind: 'Issue', initialEventsEnd: true } },
  ]);
});
