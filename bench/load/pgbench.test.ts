import { expect, test } from 'vitest';
import { parsePgbench } from './pgbench.ts';

const output = `transaction type: <builtin: simple update>
number of transactions actually processed: 16963
number of failed transactions: 0 (0.000%)
latency average = 2.826 ms
initial connection time = 23.118 ms
tps = 5662.043210 (without initial connection time)
`;

test('transactions per second and the mean latency come from the summary', () => {
  expect(parsePgbench(output)).toEqual({ transactionsPerSecond: 5662.04321, latencyMs: 2.826 });
});

test('failed transactions and a summary without numbers are errors', () => {
  expect(() => parsePgbench(output.replace('transactions: 0', 'transactions: 3'))).toThrow('3 transactions');
  expect(() => parsePgbench('pgbench: error')).toThrow('tps');
});
