const CSI = '\u001b[';
const HOME = `${CSI}H`;
/**
 * Shown at once where the terminal can (synchronized output), and no line goes on in the next one: how wide a character
 * is, terminals do not agree about.
 */
const BEGIN = `${CSI}?2026h${CSI}?7l`;
/** The cursor waits at the top: at the bottom, what Ink writes when the size changes would scroll. */
const END = `${HOME}${CSI}?7h${CSI}?2026l`;

/**
 * Puts lines where they are on the alternate screen, of a frame those that changed. Ink makes an object of every cell of
 * every frame: of 250x70 that is 15 ms of CPU and 8 MB of garbage, by which a held key grew the process to 600 MB (ADR 35).
 */
export class Painter {
  readonly #write: (sequence: string) => void;
  /** What is on the screen; undefined: nobody knows. */
  #shown: readonly string[] | undefined;

  constructor(write: (sequence: string) => void) {
    this.#write = write;
  }

  /** The lines of the screen from its top, none wider than it is. */
  paint(lines: readonly string[]): void {
    const shown = lines.length < (this.#shown?.length ?? 0) ? undefined : this.#shown;
    const changed = lines.flatMap((line, at) => (line === shown?.[at] ? [] : [`${CSI}${at + 1};1H${CSI}2K${line}`]));
    this.#shown = lines;
    if (changed.length === 0 && shown !== undefined) return;
    const clear = shown === undefined ? `${HOME}${CSI}J` : '';
    this.#write(`${BEGIN}${clear}${changed.join('')}${END}`);
  }

  /**
   * Leaves nothing behind: tmux puts the lines of an alternate screen that was resized among those of the other one, and
   * some terminals have no alternate screen.
   */
  clear(): void {
    this.#write(`${HOME}${CSI}J`);
    this.forget();
  }

  /** Something else wrote to the screen, or it has another size: all of it is painted the next time. */
  forget(): void {
    this.#shown = undefined;
  }
}
