export const DAY_MS = 86_400_000;

/** Clocks of two machines differ; a certificate is valid from this long before it was made. */
export const BACKDATE_MS = 60 * 60_000;
