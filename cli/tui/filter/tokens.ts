export interface Token {
  readonly text: string;
  /** All of it was in quotes: text, whatever it looks like. */
  readonly quoted: boolean;
}

/** Words between spaces; a quoted part and a `/regular expression/` may have spaces. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  const pattern = /"([^"]*)"(?=\s|$)|(!?\/(?:\\.|[^/\\])+\/)(?=\s|$)|(\S*?"[^"]*"\S*)|(\S+)/g;
  for (const [, quoted, regex, partly, word] of text.matchAll(pattern)) {
    if (quoted !== undefined) {
      if (quoted !== '') found.push({ text: quoted, quoted: true });
    } else if (partly !== undefined) found.push({ text: partly.replaceAll('"', ''), quoted: false });
    else found.push({ text: regex ?? word ?? '', quoted: false });
  }
  return found;
}
