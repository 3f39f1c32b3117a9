const MOST_MS = 600_000;

/** `Retry-After`: seconds, or an HTTP date, as ms from now on; ten minutes at the most. Undefined: it says nothing. */
export function retryAfter(header: string | string[] | undefined): number | undefined {
  const [text] = Array.isArray(header) ? header : [header];
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.min(Math.max(0, seconds * 1_000), MOST_MS);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, at - Date.now()), MOST_MS);
}
