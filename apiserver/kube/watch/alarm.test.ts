import { afterEach, expect, it, vi } from 'vitest';
import { Alarm } from './alarm.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('W9 a time that no timer reaches is waited for in parts, not fired at once', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const signal = new AbortController().signal;
  using alarm = new Alarm(() => () => undefined, signal, Date.now);
  const due = Date.now() + 2 ** 32;
  await alarm.wait(due); // what happened before is looked at first
  for (const part of ['first', 'second']) {
    let fired = false;
    const waited = alarm.wait(due).then(() => {
      fired = true;
    });
    await vi.advanceTimersByTimeAsync(2 ** 31 - 2);
    expect(fired, part).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await waited;
  }
  expect(due - Date.now()).toBe(2);
});
