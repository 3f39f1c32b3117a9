import { expect, test } from 'vitest';
import { figuresTable, number } from './figure.ts';

test('figures become a Markdown table with aligned columns, and a missed goal is loud', () => {
  const table = figuresTable([
    { scenario: 'list', what: 'all', measured: '30 ms', against: '300 ms', ratio: 10, goal: '≥ 8 ×', met: true },
    { scenario: 'memory', what: 'a|b', measured: '250 MB', goal: '≤ 200 MB', met: false },
  ]);
  const lines = table.split('\n');
  expect(lines).toHaveLength(4);
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  expect(lines[2]).toMatch(/\| list .*\| 30 ms .*\| 300 ms .*\| 10\.00 × \| ≥ 8 × .*\| met/);
  expect(lines[3]).toContain('a\\|b');
  expect(lines[3]).toContain('NOT MET');
});

test('numbers are short: thousands with commas, digits only where they tell something', () => {
  expect([12_345.6, 123.4, 12.34, 1.234].map(number)).toEqual(['12,346', '123', '12.3', '1.23']);
});
