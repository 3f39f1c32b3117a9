import { type CelInput, celEnv, isCelError, parse, plan } from '@bufbuild/cel';

/** The library makes times of text only, and exports no class of them. */
const fromText = plan(celEnv(), parse('timestamp(text)'));

/** A time, ms since 1970, as CEL's `timestamp`. */
export function timestamp(ms: number): CelInput {
  const value = fromText({ text: new Date(ms).toISOString() });
  if (isCelError(value)) throw value;
  return value;
}
