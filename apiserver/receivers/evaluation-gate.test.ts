import { expect, test } from 'vitest';
import { TooManyReports } from '../ingest/group-commit.ts';
import { UNITS_A_DELIVERY } from './evaluate.ts';
import { EvaluationGate, UNITS_A_SECOND, UNITS_AT_ONCE } from './evaluation-gate.ts';

const of = (namespace: string, name = 'checks') => ({ namespace, path: `namespaces/${namespace}/${name}` });
const ofCluster = (name: string) => ({ namespace: undefined, path: `cluster/${name}` });
const AT_ONCE = UNITS_AT_ONCE / UNITS_A_DELIVERY;

test('deliveries that cost all they may are taken until the burst is used up, then as units come', () => {
  let now = 0;
  const gate = new EvaluationGate(() => now);
  const costly = (): void => {
    gate.enter(of('team-a'));
    gate.leave(of('team-a'), { units: UNITS_A_DELIVERY });
  };
  for (let taken = 0; taken < AT_ONCE; taken++) costly();
  expect(costly).toThrow(TooManyReports);
  now += 1_000;
  costly();
  // What it cost beyond the second that was there is waited for.
  expect(costly).toThrow(expect.objectContaining({ retryAfterSeconds: 2 }));
  now += (UNITS_A_DELIVERY / UNITS_A_SECOND) * 1_000;
  costly();
});

test('cheap deliveries give back what they did not cost; large bodies cost', () => {
  const gate = new EvaluationGate(() => 0);
  const deliver = (bytes: number): void => {
    gate.enter(of('team-a'));
    gate.leave(of('team-a'), { units: 300, bytes });
  };
  for (let count = 0; count < 1_000; count++) deliver(1_000);
  expect(() => {
    for (let count = 0; count < 100; count++) deliver(1024 * 1024);
  }).toThrow('too many or too costly deliveries to the receivers of namespace team-a');
});

test('those under way count as if they cost all they may', () => {
  const gate = new EvaluationGate(() => 0);
  for (let count = 0; count < AT_ONCE; count++) gate.enter(ofCluster('alerts'));
  expect(() => gate.enter(ofCluster('alerts'))).toThrow('the receiver cluster/alerts');
  gate.leave(ofCluster('alerts'), { units: 0 });
  gate.enter(ofCluster('alerts'));
});

test('the receivers of a namespace share, other namespaces and receivers of the cluster have their own', () => {
  const gate = new EvaluationGate(() => 0);
  for (let count = 0; count < AT_ONCE; count++) gate.enter(of('team-a'));
  expect(() => gate.enter(of('team-a', 'another'))).toThrow(TooManyReports);
  for (const other of [of('team-b'), ofCluster('team-a'), ofCluster('checks')]) gate.enter(other);
});
