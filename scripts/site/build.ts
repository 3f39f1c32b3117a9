import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { type Section, searchScript } from './find-sections.ts';
import { attribute, type PagePart, partsOf, readPage, renderBody } from './markdown.ts';
import { MENU, pagesOf, targetOf } from './sources.ts';

/**
 * `npm run site`: docs/ as a small static site in `site/`: plain HTML, one style, nothing from elsewhere. Links to other files of
 * the repository lead to copies of them. The one script is that of the page of the search, which without it is a list of all
 * pages and their parts.
 */
export function buildSite(root: string, out: string): string[] {
  rmSync(out, { recursive: true, force: true });
  const pages = pagesOf(root);
  const titles = new Map([...pages].map(([path, text]) => [path, readPage(text).title]));
  const files = new Set<string>();
  for (const [path, text] of pages) {
    const body = renderBody(text, (href) => {
      const target = targetOf(path, href);
      if (target.kind === 'elsewhere') return href;
      const { path: to, anchor } = target;
      if (!pages.has(to)) files.add(to);
      return from(path, addressOf(to, pages, root)) + (anchor === '' ? '' : `#${anchor}`);
    });
    write(join(out, pageAddress(path)), htmlOf(path, titles, body));
  }
  for (const file of files) copy(root, out, file);
  writeSearch(out, pages, titles);
  write(join(out, 'style.css'), STYLE);
  return [...pages.keys()].map(pageAddress);
}

/** README.md → index.html, docs/a.md → docs/a.html, docs/x/README.md → docs/x/index.html. */
function pageAddress(path: string): string {
  return path.replace(/README\.md$/, 'index.md').replace(/\.md$/, '.html');
}

function addressOf(path: string, pages: ReadonlyMap<string, string>, root: string): string {
  if (pages.has(path)) return pageAddress(path);
  const isFolder = statSync(join(root, path)).isDirectory();
  return `files/${path}${isFolder ? '/index.html' : ''}`;
}

function from(page: string, address: string): string {
  return posix.relative(posix.dirname(pageAddress(page)), address) || posix.basename(address);
}

/** A folder is a list of what is in it. */
function copy(root: string, out: string, path: string): void {
  const source = join(root, path);
  const target = join(out, 'files', path);
  if (!statSync(source).isDirectory()) {
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(source, target);
    return;
  }
  const names = readdirSync(source).filter((name) => !name.startsWith('.') && name !== 'node_modules');
  for (const name of names) copy(root, out, posix.join(path, name));
  const items = names.map((name) => {
    const folder = statSync(join(source, name)).isDirectory();
    return `<li><a href="${attribute(folder ? `${name}/index.html` : name)}">${attribute(name)}</a></li>`;
  });
  write(
    join(target, 'index.html'),
    `<!doctype html><meta charset="utf-8"><title>${attribute(path)}</title><h1>${attribute(path)}</h1><ul>${items.join('')}</ul>\n`,
  );
}

const SEARCH_PAGE = 'search.html';

function writeSearch(out: string, pages: ReadonlyMap<string, string>, titles: ReadonlyMap<string, string>): void {
  const parts = [...pages].map(([path, text]) => ({ path, title: titles.get(path) ?? path, parts: partsOf(text) }));
  const address = (path: string, { anchor }: PagePart) => pageAddress(path) + (anchor === '' ? '' : `#${anchor}`);
  const sections = parts.flatMap(({ path, title, parts: of }) =>
    of.map((part): Section => [address(path, part), title, part.heading, part.text]),
  );
  const everything = parts.map(({ path, title, parts: of }) => {
    const below = of.filter(({ heading }) => heading !== '' && heading !== title);
    const items = below.map(
      (one) => `<li><a href="${attribute(address(path, one))}">${attribute(one.heading)}</a></li>`,
    );
    return `<li><a href="${pageAddress(path)}">${attribute(title)}</a>${items.length > 0 ? `<ul>${items.join('')}</ul>` : ''}</li>`;
  });
  const body = [
    '<h1>Search</h1>',
    searchForm(SEARCH_PAGE, 'search-here', ' autofocus'),
    '<noscript><p>Without JavaScript nothing is searched: these are all pages and their parts.</p></noscript>',
    '<p id="found" role="status"></p><ol id="results"></ol>',
    `<ul id="everything">${everything.join('')}</ul>`,
    '<script src="search.js"></script>',
  ].join('\n');
  write(join(out, SEARCH_PAGE), htmlOf(SEARCH_PAGE, new Map([...titles, [SEARCH_PAGE, 'Search']]), body));
  write(join(out, 'search.js'), searchScript(sections));
}

/** Works as any form does, by keyboard too: what is typed goes to the page of the search. */
function searchForm(action: string, id: string, more = ''): string {
  return `<form role="search" action="${action}"><label for="${id}">Search</label> <input id="${id}" name="q" type="search" autocomplete="off"${more}></form>`;
}

function htmlOf(path: string, titles: ReadonlyMap<string, string>, body: string): string {
  const link = (page: string): string => {
    const current = page === path ? ' aria-current="page"' : '';
    return `<li><a href="${attribute(from(path, pageAddress(page)))}"${current}>${attribute(titles.get(page) ?? page)}</a></li>`;
  };
  const menu = MENU.map(([title, pages]) => {
    const own = pages.filter((page) => titles.has(page));
    return `<details${own.includes(path) ? ' open' : ''}><summary>${title}</summary><ul>${own.map(link).join('')}</ul></details>`;
  });
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${attribute(titles.get(path) ?? 'Faultline')} · Faultline</title>`,
    `<link rel="stylesheet" href="${from(path, 'style.css')}"></head><body>`,
    `<nav><a class="home" href="${from(path, 'index.html')}">Faultline</a>${path === SEARCH_PAGE ? '' : searchForm(from(path, SEARCH_PAGE), 'search')}${menu.join('')}</nav>`,
    `<main>${body}</main></body></html>\n`,
  ].join('\n');
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const STYLE = `:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{margin:0;font:16px/1.55 system-ui,sans-serif;display:grid;grid-template-columns:16rem minmax(0,52rem);gap:2rem}
nav{padding:1.5rem 0 2rem 1.5rem;font-size:.92rem;position:sticky;top:0;max-height:100vh;overflow:auto;box-sizing:border-box}
nav ul{list-style:none;margin:.2rem 0 .6rem;padding-left:.8rem}nav a{text-decoration:none;color:inherit}
nav a[aria-current]{font-weight:600}.home{display:block;font-weight:700;font-size:1.2rem;margin-bottom:1rem}
main{padding:1.5rem 1.5rem 4rem 0}h1,h2,h3{line-height:1.25}h2{margin-top:2.2rem}
.anchor{visibility:hidden;text-decoration:none;color:inherit;opacity:.5}h1:hover .anchor,h2:hover .anchor,h3:hover .anchor{visibility:visible}
form[role=search]{margin-bottom:1rem}form[role=search] label{display:block;font-size:.85em}form[role=search] input{font:inherit;width:100%;box-sizing:border-box;padding:.35rem .5rem}
#results{padding-left:1.4rem}#results p{margin:.1rem 0 .8rem;font-size:.92em}mark{background:#fd08;color:inherit}
table{border-collapse:collapse;display:block;overflow-x:auto}td,th{border:1px solid var(--line);padding:.3rem .6rem;text-align:left;vertical-align:top}
pre{background:var(--soft);padding:.8rem 1rem;overflow-x:auto;border-radius:6px}code{font-size:.9em}:not(pre)>code{background:var(--soft);padding:.1em .3em;border-radius:4px}
@media(max-width:60rem){body{display:block;padding:0 1rem}nav{position:static;max-height:none;padding:1rem 0}main{padding:0 0 3rem}}
`;

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..');
  const out = join(root, 'site');
  console.log(`${buildSite(root, out).length} pages in ${out}`);
}
