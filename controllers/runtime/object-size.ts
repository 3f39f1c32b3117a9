/**
 * About how many bytes a frozen object takes on the heap of V8 (64 bits, no pointer compression): an estimate, because
 * strings that occur twice may be one and V8 tells nobody. Within a third of what a heap shows (object-size.test.ts).
 */

/** Its key, and its places in the maps and sets of the cache. */
export const CACHE_ENTRY_BYTES = 300;

const OBJECT_HEADER = 24;
const LIST_HEADER = 48;
const WORD = 8;
/** What V8 keeps besides the slots it needs: an object that was built member by member. */
const SLACK_WORDS = 2;

export function objectSize(value: unknown): number {
  if (typeof value === 'string') return textSize(value);
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 0 : 2 * WORD;
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) {
    let bytes = LIST_HEADER + WORD * value.length;
    for (const item of value) bytes += objectSize(item);
    return bytes;
  }
  // The names of members are shared by all objects of a form.
  let bytes = OBJECT_HEADER + WORD * SLACK_WORDS;
  for (const member of Object.values(value)) bytes += WORD + objectSize(member);
  return bytes;
}

function textSize(text: string): number {
  // Texts of one character are there once for all.
  if (text.length <= 1) return 0;
  return 2 * WORD + WORD * Math.ceil(text.length / WORD);
}
