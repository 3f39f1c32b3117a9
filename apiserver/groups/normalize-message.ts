/**
 * Two failures with the same cause say the same but for the names, numbers and times of the run that showed it. This takes
 * those out: equal results are proposed as one group. A change of what it answers is a new version, because names of
 * groups are made of it.
 */
export const MESSAGE_VERSION = 1;

/** What is taken out, in this order, and what stands in its place. No placeholder matches a rule again. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/"[^"]*"|“[^”]*”|`[^`]*`|(?<![A-Za-z0-9>])'[^']*'(?![A-Za-z0-9<])/g, '<quoted>'],
  // RFC 3339, its form with a space, and with the day written out as HTTP does.
  [/\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}|UTC|GMT))?)?/g, '<time>'],
  [
    /(?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2})(?: \d{4})?(?: \d{2}:\d{2}:\d{2}(?: (?:GMT|UTC|[+-]\d{4}))?)?(?: \d{4})?\b/g,
    '<time>',
  ],
  [/\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?\b/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uid>'],
  // The hash of the template that Kubernetes puts into the name of a pod, before the suffix.
  [
    /(?<=[a-z0-9>])-(?=[a-z0-9]*[0-9])(?=[a-z0-9]*[a-z])[a-z0-9]{8,10}(?=-[bcdfghjklmnpqrstvwxz0-9]{5}(?![a-z0-9]))/g,
    '',
  ],
  [/\b(?:sha[0-9]{1,3}[:-])?(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,128}\b/gi, '<hash>'],
  [/\b(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|[smhd]))+\b/g, '<n>'],
  // What Kubernetes puts behind a name that it makes: five characters without vowels.
  [/(?<=[a-z0-9>])-(?=[0-9]*[a-z])[bcdfghjklmnpqrstvwxz0-9]{5}(?![a-z0-9<-])/g, '-<id>'],
  [/\d+(?:[.,:]\d+)*/g, '<n>'],
];

/**
 * One line without the given names (of the subject, its namespace, the object that showed it), quoted text, times, uids,
 * hashes, generated suffixes and numbers. Case and all other words stay. Normalising twice changes nothing.
 */
export function normalizeMessage(text: string, names: readonly string[] = []): string {
  let message = text.normalize('NFC').replace(/\s+/g, ' ').trim();
  // The longest first: a run is often called as its component, and more.
  for (const name of [...new Set(names)].sort((a, b) => b.length - a.length)) {
    if (name.length >= SHORTEST_NAME) message = message.replace(asWhole(name), '<name>');
  }
  for (const [pattern, placeholder] of RULES) message = message.replace(pattern, placeholder);
  return message;
}

/** Shorter ones are words of other things too. */
const SHORTEST_NAME = 3;

/** How many letters are left beside the placeholders: with too few, unlike failures would be equal. */
export function lettersLeft(message: string): number {
  return message.replace(/<[a-z]+>/g, '').replace(/[^\p{L}]/gu, '').length;
}

/** Not within a longer word, nor the word of a placeholder or beside one: that was a longer word before. */
function asWhole(name: string): RegExp {
  return new RegExp(`(?<![A-Za-z0-9<>])${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?![A-Za-z0-9<>])`, 'g');
}
