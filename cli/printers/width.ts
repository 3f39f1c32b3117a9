import { displayWidth, graphemesOf } from './table.ts';

/** Text in cells of a terminal. Nearly all of it is ASCII, where a character is a cell: that way is the fast one. */

const ASCII = /^[\x20-\x7e]*$/;

/** The text in exactly so many cells: cut with an ellipsis, or filled with spaces. */
export function filled(text: string, width: number, ellipsis = '…'): string {
  if (width <= 0) return '';
  if (ASCII.test(text)) {
    return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - ellipsis.length)}${ellipsis}`;
  }
  const kept = cut(text, width, ellipsis);
  return kept + ' '.repeat(Math.max(0, width - displayWidth(kept)));
}

/** The text in at most so many cells. */
export function cut(text: string, width: number, ellipsis = '…'): string {
  if (width <= 0) return '';
  if (ASCII.test(text)) return text.length <= width ? text : `${text.slice(0, width - ellipsis.length)}${ellipsis}`;
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemesOf(text)) {
    used += displayWidth(segment);
    if (used > width - ellipsis.length) break;
    kept += segment;
  }
  return kept + ellipsis;
}

/** So much of the end of a name tells it from others: the hash of an issue's name. */
const SUFFIX = 8;

/** A name of ASCII in at most so many cells: cut in its middle, because names that begin alike end differently. */
export function cutMiddle(name: string, width: number, ellipsis = '…'): string {
  if (name.length <= width) return name;
  const tail = Math.min(SUFFIX, Math.floor(width * 0.6));
  const head = Math.max(0, width - tail - ellipsis.length);
  return `${name.slice(0, head)}${ellipsis}${name.slice(name.length - tail)}`;
}

/** Lines of at most so many cells, broken at spaces where there are some; what follows is indented as its first line is. */
export function wrap(text: string, width: number): string[] {
  if (displayWidth(text) <= width) return [text];
  const [, indent = ''] = /^(\s*)/.exec(text) ?? [];
  const room = Math.max(8, width - indent.length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(/ +/)) {
    for (const piece of pieces(word, room)) {
      if (line !== '' && displayWidth(line) + 1 + displayWidth(piece) > room) {
        lines.push(line);
        line = piece;
      } else line = line === '' ? piece : `${line} ${piece}`;
    }
  }
  return [...lines, line].map((each) => `${indent}${each}`);
}

/** A word that is longer than a line, as a link is. */
function pieces(word: string, width: number): string[] {
  if (displayWidth(word) <= width) return [word];
  if (ASCII.test(word)) return word.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  const found: string[] = [''];
  let used = 0;
  for (const { segment } of graphemesOf(word)) {
    const cells = displayWidth(segment);
    if (used + cells > width) {
      found.push('');
      used = 0;
    }
    found[found.length - 1] += segment;
    used += cells;
  }
  return found;
}
