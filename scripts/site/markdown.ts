import { Marked, type Token, type Tokens } from 'marked';

/** What is read out of a page, and how its headings are called in links: as GitHub calls them. */
export interface Page {
  readonly title: string;
  /** Anchors of its headings, in order. */
  readonly anchors: readonly string[];
  /** Targets of its links and pictures. */
  readonly links: readonly string[];
  readonly code: readonly { readonly language: string; readonly text: string }[];
}

/** `Being told about issues` → `being-told-about-issues`. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

/** The n-th heading of a name has `-n` behind it. */
export class Slugs {
  readonly #seen = new Map<string, number>();

  next(heading: string): string {
    const slug = slugOf(heading);
    const before = this.#seen.get(slug) ?? 0;
    this.#seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  }
}

export function readPage(markdown: string): Page {
  const slugs = new Slugs();
  const page = { title: '', anchors: [] as string[], links: [] as string[], code: [] as Page['code'][number][] };
  const marked = new Marked();
  marked.walkTokens(marked.lexer(markdown), (token: Token) => {
    if (token.type === 'heading') {
      const text = plainText(token as Tokens.Heading);
      if (page.title === '') page.title = text;
      page.anchors.push(slugs.next(text));
    } else if (token.type === 'link' || token.type === 'image') page.links.push((token as Tokens.Link).href);
    else if (token.type === 'code') {
      const { lang = '', text } = token as Tokens.Code;
      page.code.push({ language: lang, text });
    }
  });
  return page;
}

/** A part of a page, from one heading to the next, as text alone. */
export interface PagePart {
  /** '' before the first heading. */
  readonly heading: string;
  readonly anchor: string;
  readonly text: string;
}

/** What a search finds in a page. */
export function partsOf(markdown: string): PagePart[] {
  const slugs = new Slugs();
  const parts: { heading: string; anchor: string; texts: string[] }[] = [{ heading: '', anchor: '', texts: [] }];
  for (const token of new Marked().lexer(markdown)) {
    if (token.type === 'heading') {
      const heading = plainText(token as Tokens.Heading);
      parts.push({ heading, anchor: slugs.next(heading), texts: [] });
    } else parts.at(-1)?.texts.push(...textsOf(token));
  }
  return parts
    .map(({ texts, ...part }) => ({ ...part, text: texts.join(' ').replace(/\s+/g, ' ').trim() }))
    .filter(({ heading, text }) => heading !== '' || text !== '');
}

/** Everything in a block that is read, in order; comments are not. */
function textsOf(token: Token): string[] {
  switch (token.type) {
    case 'html':
    case 'space':
      return [];
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      return [header, ...rows].flat().map((cell) => plainText(cell));
    }
    case 'list':
      return (token as Tokens.List).items.flatMap((item) => item.tokens.flatMap(textsOf));
    case 'blockquote':
      return (token as Tokens.Blockquote).tokens.flatMap(textsOf);
    case 'code':
      return [(token as Tokens.Code).text];
    default:
      return [plainText(token as { tokens?: Token[] }) || unescaped('text' in token ? String(token.text) : '')];
  }
}

/** Of a heading, as a reader sees it. */
function plainText({ tokens = [] }: { readonly tokens?: readonly Token[] }): string {
  return tokens
    .map((token) =>
      'tokens' in token && token.tokens ? plainText(token) : 'text' in token ? unescaped(token.text) : '',
    )
    .join('');
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/** The body of a page as HTML; `target` says where a link goes on the site. HTML in the text is shown, not obeyed. */
export function renderBody(markdown: string, target: (href: string) => string): string {
  const slugs = new Slugs();
  const marked = new Marked({
    renderer: {
      heading(token) {
        const text = this.parser.parseInline(token.tokens);
        const id = slugs.next(plainText(token));
        return `<h${token.depth} id="${id}">${text} <a class="anchor" href="#${id}" aria-label="Link to this part">#</a></h${token.depth}>\n`;
      },
      link(token) {
        return `<a href="${attribute(target(token.href))}">${this.parser.parseInline(token.tokens)}</a>`;
      },
      // Comments say how a page is made; nothing else of HTML is in our pages.
      html: ({ text }) => (/^\s*<!--[\s\S]*-->\s*$/.test(text) ? '' : attribute(text)),
    },
  });
  return marked.parse(markdown, { async: false });
}

export function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
