/** What is measured, by name; each call is one repetition and answers its value. */
export type Contestants<Name extends string> = Readonly<Record<Name, (repetition: number) => Promise<number>>>;

/**
 * Runs all contestants once, then all of them again, and so on, so that whatever else the machine does hits all of
 * them alike. Every second round is in reverse order: nobody always runs right after the same one. Round 0 warms up
 * and is not counted.
 */
export async function interleave<Name extends string>(
  repetitions: number,
  contestants: Contestants<Name>,
  onRepetition: (name: Name, repetition: number, value: number) => void = () => {},
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contestants) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    for (const name of repetition % 2 === 0 ? names : names.toReversed()) {
      const value = await contestants[name](repetition);
      onRepetition(name, repetition, value);
      if (repetition > 0) values[name].push(value);
    }
  }
  return values;
}
