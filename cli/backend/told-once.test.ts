import { expect, it } from 'vitest';
import { toldOnce } from './told-once.ts';

it('tells each text once a minute, and at most twenty of them', () => {
  let now = 0;
  const told: string[] = [];
  const tell = toldOnce(
    (text) => told.push(text),
    () => now,
  );
  for (let index = 0; index < 3; index++) tell('wrong common name');
  for (let index = 0; index < 100; index++) tell(`name ${index}`);
  expect(told).toHaveLength(20);
  now = 60_000;
  tell('wrong common name');
  expect(told.filter((text) => text === 'wrong common name')).toHaveLength(2);
});
