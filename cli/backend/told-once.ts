/** How long a text that was told is not told again, ms, and how many different ones are told meanwhile. */
const QUIET_MS = 60_000;
const MOST = 20;

/**
 * Passes on what many requests may say at once: each text once a minute, 20 different ones at most, so that whoever
 * knocks at the door cannot fill the log. `now`: ms.
 */
export function toldOnce(tell: (text: string) => void, now: () => number): (text: string) => void {
  const told = new Map<string, number>();
  return (text) => {
    const at = now();
    for (const [known, since] of told) if (at - since >= QUIET_MS) told.delete(known);
    if (told.has(text) || told.size >= MOST) return;
    told.set(text, at);
    tell(text);
  };
}
