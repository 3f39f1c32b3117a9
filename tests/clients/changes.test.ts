import { expect, test } from 'vitest';
import { deliver, RandomChanges } from './changes.ts';

const options = { seed: 7, subjects: { a: 20, b: 5 } };
const make = () => {
  const changes = new RandomChanges(options);
  return Array.from({ length: 40 }, () => changes.next(8, ['a']));
};

test('the same seed makes the same changes', () => {
  expect(make()).toEqual(make());
  expect(new RandomChanges({ ...options, seed: 8 }).next(8, ['a'])).not.toEqual(make()[0]);
});

test('no two reports of a batch are about one subject, all are in the namespaces asked for, each is its own delivery', () => {
  const batches = make();
  for (const batch of batches) {
    expect(new Set(batch.map(({ subject }) => subject.name)).size).toBe(batch.length);
    expect(batch.every(({ namespace }) => namespace === 'a')).toBe(true);
  }
  const ids = batches.flat().map(({ order }) => order.class === 'received' && order.deliveryId);
  expect(new Set(ids).size).toBe(batches.flat().length);
});

test('what nobody took is sent again, and what was taken is not', async () => {
  const reports = new RandomChanges(options).openAll('b');
  const sent: number[] = [];
  const taken = (index: number) => ({ index, status: 200, decisions: [{ cell: '3A' }] });
  const answers = [
    () => Promise.reject(new Error('refused')),
    () => Promise.resolve({ status: 503, body: '' }),
    (count: number) => {
      const results = Array.from({ length: count }, (_, index) => (index < 3 ? taken(index) : { index, status: 503 }));
      return Promise.resolve({ status: 200, body: JSON.stringify({ results }) });
    },
    () => Promise.resolve({ status: 200, body: JSON.stringify({ results: [taken(0), taken(1)] }) }),
  ];
  const changed = await deliver(reports, (body) => {
    const count = (body as object[]).length;
    sent.push(count);
    return (answers.shift() as (count: number) => Promise<{ status: number; body: string }>)(count);
  });
  expect(sent).toEqual([5, 5, 5, 2]);
  expect(changed).toBe(5);
});
