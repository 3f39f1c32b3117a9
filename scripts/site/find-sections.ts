/**
 * The search of the site. These functions run in the reader's browser: the generator writes them into the site by their text, so
 * they use nothing of other files, and no name of this one but each other.
 */

/** A part of a page: where it is, the title of the page, its own heading, what it says. */
export type Section = readonly [address: string, title: string, heading: string, text: string];

export interface Found {
  readonly section: Section;
  /** Where in its text the first of the words is; -1 when it is in the headings only. */
  readonly at: number;
}

/** What somebody searches for, as words. `--as-of` and `issues/evidence` are one each. */
export function wordsOf(query: string): string[] {
  return [...new Set(query.toLowerCase().split(/\s+/).filter(Boolean))];
}

/** Parts that have all of the words, those that have them in a heading or as the beginning of a word first. */
export function findSections(sections: readonly Section[], query: string, most: number): Found[] {
  const words = wordsOf(query);
  if (words.length === 0) return [];
  const scored = sections.flatMap((section) => {
    const [, title, heading, text] = section;
    const places = [
      [title.toLowerCase(), 4],
      [heading.toLowerCase(), 6],
      [text.toLowerCase(), 1],
    ] as const;
    let score = 0;
    for (const word of words) {
      let best = 0;
      for (const [place, weight] of places) {
        const at = place.indexOf(word);
        if (at < 0) continue;
        const begins = at === 0 || place.indexOf(` ${word}`) >= 0 || !/[\p{L}\p{N}]/u.test(place.charAt(at - 1));
        best += begins ? 2 * weight : weight;
      }
      if (best === 0) return [];
      score += best;
    }
    const lower = text.toLowerCase();
    const at = Math.max(-1, Math.min(...words.map((word) => lower.indexOf(word)).filter((index) => index >= 0)));
    return [{ section, score, at: Number.isFinite(at) ? at : -1 }];
  });
  return scored
    .sort((a, b) => b.score - a.score || a.section[3].length - b.section[3].length) // what says it in fewer words first
    .slice(0, most)
    .map(({ section, at }) => ({ section, at }));
}

/** One result as HTML: a link, and some words around the first hit. */
export function resultOf({ section: [address, title, heading, text], at }: Found, words: readonly string[]): string {
  const from = at < 60 ? 0 : text.lastIndexOf(' ', at - 40) + 1;
  const cut = text.slice(from, from + 200);
  const around = `${from > 0 ? '… ' : ''}${cut}${from + 200 < text.length ? ' …' : ''}`;
  const name = heading === '' || heading === title ? title : `${title}: ${heading}`;
  return `<li><a href="${escaped(address)}">${marked(name, words)}</a><p>${marked(around, words)}</p></li>`;
}

/** Text as HTML, the words of the query marked. */
export function marked(text: string, words: readonly string[]): string {
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  return text
    .split(new RegExp(`(${pattern})`, 'i'))
    .map((part, index) => (index % 2 === 1 ? `<mark>${escaped(part)}</mark>` : escaped(part)))
    .join('');
}

export function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '');
}

/** As far as the page of the search needs the browser. */
export interface SearchDocument {
  getElementById(id: string): SearchElement | null;
}

export interface SearchElement {
  value: string;
  hidden: boolean;
  textContent: string | null;
  innerHTML: string;
  addEventListener(type: 'input', listener: () => void): void;
}

/** Shows what is found for `?q=` and for whatever is typed from then on; the plain list of everything while that is nothing. */
export function startSearch(document: SearchDocument, asked: string, sections: readonly Section[]): void {
  const box = document.getElementById('search-here');
  const count = document.getElementById('found');
  const results = document.getElementById('results');
  const everything = document.getElementById('everything');
  if (!box || !count || !results || !everything) return;
  const show = (): void => {
    const words = wordsOf(box.value);
    const found = findSections(sections, box.value, 50);
    results.innerHTML = found.map((one) => resultOf(one, words)).join('');
    everything.hidden = found.length > 0;
    const many = found.length === 50 ? 'The 50 best results' : `${found.length} results`;
    const told = found.length === 1 ? '1 result' : many;
    count.textContent =
      words.length === 0 ? '' : found.length === 0 ? 'Nothing has all of these words. All pages:' : told;
  };
  box.value = asked;
  box.addEventListener('input', show);
  show();
}

/** The script of the page of the search. */
export function searchScript(sections: readonly Section[]): string {
  const parts = [wordsOf, findSections, resultOf, marked, escaped, startSearch].map(String);
  // What ends a script in HTML cannot be in this file, should somebody put it into a page.
  const data = JSON.stringify(sections).replaceAll('<', '\\u003c');
  return [
    '(() => {',
    ...parts,
    `const sections = ${data};`,
    `startSearch(document, new URLSearchParams(location.search).get('q') ?? '', sections);`,
    '})();\n',
  ].join('\n');
}
