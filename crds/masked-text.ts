import { maskSecrets } from './mask-secrets.ts';
import { multiLine, oneLine } from './text.ts';

/**
 * `oneLine` and `multiLine` of text that may quote a credential. Cleaned before it is masked: a control character must not
 * hide a credential from the rules. Masked before it is cut: half of one shows by no shape.
 */

export function maskedLine(text: string, max: number): string {
  return oneLine(maskSecrets(oneLine(text, Number.POSITIVE_INFINITY)), max);
}

export function maskedLines(text: string, maxBytes: number): string {
  return multiLine(maskSecrets(multiLine(text, Number.POSITIVE_INFINITY)), maxBytes);
}
