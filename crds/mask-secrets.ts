/**
 * Logs, conditions and messages of containers quote credentials. What looks like one is replaced by `***` at the server's
 * door, because not every reporter is a controller of ours; logs before they leave the controller, too. Rather a word too
 * many than one too few.
 */

const MASK = '***';

/**
 * Each rule begins where few others can begin (a boundary, a fixed word), and what may be long in it comes last or ends at
 * a character that it cannot contain: so a text takes time in proportion to its length, whatever is in it.
 */
const RULES: readonly { readonly pattern: RegExp; readonly replacement: string }[] = [
  // Keys and certificates; of one whose begin or end was cut off, what looks like its content.
  {
    pattern: /-----BEGIN [A-Z0-9 ]{1,64}-----(?:[^-]|-(?!----))*-----END [A-Z0-9 ]{1,64}-----/g,
    replacement: MASK,
  },
  { pattern: /-----BEGIN [A-Z0-9 ]{1,64}-----[A-Za-z0-9+/=\s\\]*/g, replacement: `${MASK}\n` },
  {
    pattern: /(?<![A-Za-z0-9+/=\s\\])[A-Za-z0-9+/=\s\\]*-----END [A-Z0-9 ]{1,64}-----/g,
    replacement: `\n${MASK}`,
  },
  // A line of such content behind a prefix; a digest in hex is none.
  {
    pattern: /(?<![A-Za-z0-9+/=])(?![0-9a-f]{64})[A-Za-z0-9+/]{64}(?=[ \t]*(?:\n|$))/g,
    replacement: MASK,
  },
  // Tokens that show by their shape: JSON web tokens, then cloud, forge, registry and package hosts.
  { pattern: /(?<![A-Za-z0-9_-])eyJ[\w-]{8,}\.[\w-]{4,}\.?[\w-]*/g, replacement: MASK },
  {
    pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ANVA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g,
    replacement: MASK,
  },
  { pattern: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})/g, replacement: MASK },
  { pattern: /(?<![A-Za-z0-9])gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas|ffct)-[\w.-]{16,}/g, replacement: MASK },
  { pattern: /(?<![A-Za-z0-9])sha256~[\w-]{32,}/g, replacement: MASK }, // OpenShift
  { pattern: /(?<![A-Za-z0-9])(?:xox[abeoprs]-[\w-]{10,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,})/g, replacement: MASK },
  { pattern: /(?<![A-Za-z0-9])AIza[\w-]{35}/g, replacement: MASK }, // Google
  // A robot of quay is org+robot:TOKEN, 64 upper-case characters; digests are in lower case.
  { pattern: /(?<![A-Za-z0-9])[A-Z0-9]{64}(?![A-Za-z0-9])/g, replacement: MASK },
  // Header lines to their end: a scheme and its credentials, or several cookies, are one value.
  {
    pattern: /(?<![A-Za-z])((?:proxy-)?authorization|(?:set-)?cookie)(["']?[ \t]{0,8}[:=])[^\n]+/gi,
    replacement: `$1$2 ${MASK}`,
  },
  { pattern: /(?<![A-Za-z])(bearer|basic)([ \t]{1,8})[\w.~+/-]{16,}={0,4}/gi, replacement: `$1$2${MASK}` },
  // https://user:password@host, git://token@host: all that is before the last @ of the host.
  { pattern: /:\/\/[^/?#\s"'<>]{0,2048}@/g, replacement: `://${MASK}@` },
  // --password x: an option of a command line.
  {
    pattern:
      /(?<![\w-])(--?(?:[a-z0-9]{1,20}-){0,4}(?:password|passwd|passphrase|token|secret|api-?key)[ \t]{1,8})[^\s-]\S*/gi,
    replacement: `$1${MASK}`,
  },
  // password=x, "token": "x", AWS_SECRET_ACCESS_KEY: x, and the auth of a dockerconfig.
  {
    pattern:
      /((?:password|passwd|passphrase|pwd|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?key|dockerconfigjson|(?<=["'])auth(?=\\?["']))[\w.-]{0,64}\\?["']?[ \t]{0,8}[:=]{1,3}>?[ \t]{0,8})(?![:=>]|\*\*\*)(?:"(?:[^"\\\n]|\\[^\n])*"|'[^'\n]*'|\S+)/gi,
    replacement: `$1${MASK}`,
  },
];

/**
 * What every rule needs somewhere in a text: most texts have nothing of it, and a text without it is as it was. Kept
 * beside the rules, because one that this does not know masks nothing. A long word is looked for from its beginning only:
 * from each of its letters it took two thirds of the time.
 */
const SUSPECT =
  /-----|:\/\/[^/?#\s"'<>]{0,2048}@|(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{64}|eyJ|A(?:KI|SI|RO|ID|GP|NP|NV|BI|CC)A|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|sha256~|xox[a-z]-|npm_|pypi-|AIza|passw|passphrase|pwd|secret|token|credential|(?:api|access|private|client)[_-]?key|dockerconfigjson|["']auth|authorization|cookie|bearer|basic/i;

/**
 * `text` without what looks like a credential: headers, values of names such as password or token, URLs with a user, PEM
 * blocks, and tokens that show by their shape. Applied twice it changes nothing more.
 */
export function maskSecrets(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return RULES.reduce((masked, { pattern, replacement }) => masked.replace(pattern, replacement), text);
}
