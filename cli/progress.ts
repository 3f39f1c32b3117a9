import type { Output, Streams } from './streams.ts';
import { isLively, wantsColor } from './streams.ts';

/**
 * A progress bar on stderr that is drawn over itself. It appears only on a terminal, fits its width at every draw, is
 * drawn at most ten times a second, and is gone when it ends, so that nothing of it is left among the results.
 */
export interface Progress extends Disposable {
  /** `done` of `total`; a new label begins a new bar. */
  update(label: string, done: number, total: number): void;
  /** Out of the way of lines that are written now; the next update shows it again. */
  hide(): void;
}

const DRAW_EVERY_MS = 100;
const CLEAR_LINE = '\r\u001b[2K';

/** `now`: ms. `after`: what takes less, ms, shows nothing; default: everything shows. */
export function createProgress(err: Output, env: Streams['env'], now: () => number, after = 0): Progress {
  if (!isLively(err, env)) return { update() {}, hide() {}, [Symbol.dispose]() {} };
  const begun = now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let label = '';
  const hide = (): void => {
    if (label !== '') err.write(CLEAR_LINE);
    label = '';
  };
  return {
    update(nextLabel, done, total) {
      if (now() - begun < after) return;
      const complete = done >= total;
      if (nextLabel === label && !complete && now() - drawnAt < DRAW_EVERY_MS) return;
      label = nextLabel;
      drawnAt = now();
      err.write(`${CLEAR_LINE}${progressLine(label, done, total, err.columns, wantsColor(err, env))}`);
    },
    hide,
    [Symbol.dispose]: hide,
  };
}

/** `reading  ████████░░░░  62% 1240/2000`, never wider than `columns` - 1 (a full line wraps). */
export function progressLine(label: string, done: number, total: number, columns: number, color: boolean): string {
  const share = total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const count = ` ${done}/${total}`;
  const room = columns - 1 - label.length - 1 - percent.length - count.length;
  if (room < 8) return `${label}${percent}`.slice(0, Math.max(0, columns - 1));
  const width = Math.min(40, room);
  const full = Math.round(share * width);
  const bar = '█'.repeat(full) + '░'.repeat(width - full);
  return `${label} ${color ? `\u001b[36m${bar}\u001b[0m` : bar}${percent}${count}`;
}
