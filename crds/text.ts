/**
 * Text from clusters and webhooks is hostile: it ends in a JSON column, in somebody's terminal, in a label. These
 * functions decide once what may pass.
 */

// C0 and C1 controls, line and paragraph separators, and the bidirectional overrides of UAX #9 that reorder a
// terminal line (CVE-2021-42574, "Trojan Source").
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const CONTROL_EXCEPT_NEWLINE_AND_TAB = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
// A whole escape sequence (CSI or OSC) goes at once, so that "[31m" does not stay behind as litter.
const ESCAPE_SEQUENCE =
  /[\u001b\u009b](?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]{0,2000}(?:\u0007|\u001b\\)|[0-?]*[ -/]*[@-~])/g;

// Most text: nothing has to be taken out of it.
const PLAIN_LINE = /^[ -~]*$/;
const PLAIN_TEXT = /^[ -~\n\t]*$/;

/** Whether there are only printable ASCII characters in it. */
export function isPlainLine(text: string): boolean {
  return PLAIN_LINE.test(text);
}

/** Replaces NUL and lone surrogates by U+FFFD: PostgreSQL's jsonb and UTF-8 take neither (design.md decision 5). */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}

/** One line without control, escape or direction characters, white space folded, at most `max` characters. */
export function oneLine(text: string, max: number): string {
  const clean = PLAIN_LINE.test(text) ? text : strip(text).replace(CONTROL, ' ');
  return truncate(clean.replace(/\s{2,}|[^\S ]/g, ' ').trim(), max);
}

/** Text that keeps its line breaks and tabs, without anything a terminal would execute, at most `maxBytes` of UTF-8. */
export function multiLine(text: string, maxBytes: number): string {
  if (PLAIN_TEXT.test(text)) return truncateBytes(text.trim(), maxBytes);
  const clean = strip(text).replace(/\r\n?/g, '\n').replace(CONTROL_EXCEPT_NEWLINE_AND_TAB, '').trim();
  return truncateBytes(clean, maxBytes);
}

/** At most `max` UTF-16 units; what was cut shows as an ellipsis. Never splits a surrogate pair. */
export function truncate(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Text with its control and direction characters written as escapes (`\\u202e`): for messages that quote a stranger. */
export function escapeControls(text: string): string {
  return text.replace(CONTROL, escapeOf).replace(BIDI, escapeOf);
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** JSON text that means the same and shows nothing a terminal would execute: JSON itself escapes only C0 controls. */
export function escapeForTerminal(json: string): string {
  return json.replace(/[\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, escapeOf);
}

/** YAML that shows nothing a terminal would execute: its writer escapes C0 controls, and the rest becomes U+FFFD. */
export function yamlForTerminal(yaml: string): string {
  return yaml.replace(/[\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** The beginning of the text that is at most `maxBytes` of UTF-8; what was cut shows as an ellipsis. */
export function truncateBytes(text: string, maxBytes: number): string {
  // Every UTF-16 unit takes at most 3 bytes: short text needs no count.
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text.slice(0, maxBytes)).subarray(0, maxBytes - 3);
  return `${bytes.toString('utf8').replace(/\ufffd+$/, '')}…`;
}

function strip(text: string): string {
  return text.toWellFormed().replace(ESCAPE_SEQUENCE, '').replace(BIDI, '');
}
