import { maskSecrets } from './mask-secrets.ts';
import { multiLine, oneLine, truncate, truncateBytes } from './text.ts';

/**
 * `oneLine` and `multiLine` of text that may quote a credential. Cleaned before it is masked: a control character must not
 * hide a credential from the rules. Masked before it is cut: half of one shows by no shape.
 */

export function maskedLine(text: string, max: number): string {
  const line = oneLine(text, Number.POSITIVE_INFINITY);
  const masked = maskSecrets(line);
  return masked === line ? truncate(line, max) : oneLine(masked, max);
}

export function maskedLines(text: string, maxBytes: number): string {
  const lines = multiLine(text, Number.POSITIVE_INFINITY);
  const masked = maskSecrets(lines);
  return masked === lines ? truncateBytes(lines, maxBytes) : multiLine(masked, maxBytes);
}
