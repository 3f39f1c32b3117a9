import { describe, expect, it } from 'vitest';
import { atMost } from './perform.ts';

describe('many questions', () => {
  it('are asked so many at a time, and answered in their order', async () => {
    let [now, most] = [0, 0];
    const answers = await atMost(4, [5, 1, 4, 2, 3, 0, 6, 7, 8], async (one) => {
      most = Math.max(most, ++now);
      for (let turn = 0; turn < one; turn++) await Promise.resolve();
      now--;
      return one * 2;
    });
    expect([answers, most]).toEqual([[10, 2, 8, 4, 6, 0, 12, 14, 16], 4]);
  });
});
