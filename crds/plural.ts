/**
 * The plural that a kind most likely has, as k8s.io/apimachinery guesses it (UnsafeGuessKindToResource), but with English
 * after a vowel: Gateway → gateways. For where no cluster can be asked.
 */
export function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (name.endsWith('endpoints')) return name;
  if (/(s|x|z|ch|sh)$/.test(name)) return `${name}es`;
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
}
