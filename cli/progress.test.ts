import { describe, expect, it } from 'vitest';
import { createProgress, progressLine } from './progress.ts';
import { recordedOutput } from './testing/recorded-streams.ts';

describe('a progress bar', () => {
  it('is not drawn where nobody watches', () => {
    const err = recordedOutput();
    using progress = createProgress(err, {}, () => 0);
    progress.update('deciding', 1, 2);
    expect(err.text()).toBe('');
  });

  it('is drawn over itself at most ten times a second, always at its end, and is gone afterwards', () => {
    const err = recordedOutput({ isTTY: true, columns: 60 });
    let now = 0;
    {
      using progress = createProgress(err, { NO_COLOR: '1' }, () => now);
      for (let done = 0; done < 1_000; done++) {
        now = done;
        progress.update('deciding', done, 1_000);
      }
      progress.update('deciding', 1_000, 1_000);
    }
    const frames = err.text().split('\r\u001b[2K');
    expect(frames).toHaveLength(13);
    expect(frames.at(-2)).toContain('100% 1000/1000');
    expect(frames.at(-1)).toBe('');
  });

  it('is not drawn of what is over soon, and gets out of the way of other lines', () => {
    const err = recordedOutput({ isTTY: true, columns: 60 });
    let now = 0;
    using progress = createProgress(err, { NO_COLOR: '1' }, () => now, 1_000);
    for (now = 0; now < 1_000; now += 10) progress.update('sending', now, 2_000);
    progress.hide();
    expect(err.text()).toBe('');
    progress.update('sending', 1_000, 2_000);
    progress.hide();
    expect(err.text()).toMatch(/50% 1000\/2000\r\u001b\[2K$/);
    progress.update('sending', 1_001, 2_000);
    expect(err.text()).toMatch(/1001\/2000$/);
  });

  it('uses no colour when NO_COLOR is set and nothing at all on a dumb terminal', () => {
    const err = recordedOutput({ isTTY: true });
    createProgress(err, { NO_COLOR: '1' }, () => 0).update('x', 1, 2);
    expect(err.text().replace('\r\u001b[2K', '')).not.toContain('\u001b');
    const dumb = recordedOutput({ isTTY: true });
    createProgress(dumb, { TERM: 'dumb' }, () => 0).update('x', 1, 2);
    expect(dumb.text()).toBe('');
  });

  it.each([10, 20, 40, 80, 200])('fits a terminal of %i columns', (columns) => {
    expect(progressLine('deciding', 12_345, 99_999, columns, false).length).toBeLessThan(columns);
  });

  it('of nothing is complete', () => {
    expect(progressLine('deciding', 0, 0, 80, false)).toContain('100% 0/0');
  });
});
