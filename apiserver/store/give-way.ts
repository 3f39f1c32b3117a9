/** Changes a second above which those who report are many, and whoever only follows the log waits. */
const STORM = 200;
/** So many times as long as its step took a follower rests. */
const FACTOR = { calm: 2, storm: 12 } as const;

/**
 * How long one who follows the change log, and has more to do, leaves processor and database to those who report: two
 * thirds of the time, and nearly all of it while changes pour in. What came in a storm is followed when it is over; what
 * changed several times meanwhile then costs once.
 */
export class GiveWay {
  readonly #now: () => number;
  #before: { readonly latest: number; readonly at: number } | undefined;

  /** `now`: ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** ms to rest after a step of `took` ms that found `latest` to be the number of the last change. */
  rest(took: number, latest: number): number {
    const at = this.#now();
    const before = this.#before;
    this.#before = { latest, at };
    const isStorm = before !== undefined && (latest - before.latest) * 1_000 > STORM * (at - before.at);
    return took * (isStorm ? FACTOR.storm : FACTOR.calm);
  }
}
