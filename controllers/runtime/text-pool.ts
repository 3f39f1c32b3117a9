/** Longer texts are rarely there twice. */
const MAX_LENGTH = 128;
/** So many different ones are remembered; then it begins anew, because what is remembered is never let go. */
const MAX_TEXTS = 512;

/**
 * One copy of texts that occur again and again: labels and annotations of a kind mostly say the same, and each parsed
 * object would bring its own copy of every word.
 */
export class TextPool {
  readonly #texts = new Map<string, string>();

  /** The same text, the copy that was seen first. */
  share(text: string): string {
    if (text.length > MAX_LENGTH) return text;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size === MAX_TEXTS) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}
