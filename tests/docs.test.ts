import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { commands } from '../cli/commands/index.ts';
import { configurationSchema } from '../crds/configuration.ts';
import { buildSite } from '../scripts/site/build.ts';
import { readPage, slugOf } from '../scripts/site/markdown.ts';
import { MENU, pagesOf, targetOf } from '../scripts/site/sources.ts';

/** The documents: every link leads somewhere, every example is one, and the site can be built. */
const root = join(import.meta.dirname, '..');
const pages = new Map([...pagesOf(root)].map(([path, text]) => [path, { text, ...readPage(text) }]));

test('headings are called in links as GitHub calls them', () => {
  expect(slugOf('`faultline up` (what `npm start` runs)')).toBe('faultline-up-what-npm-start-runs');
  expect(readPage('# A\n## B *c*\n## B c\n').anchors).toEqual(['a', 'b-c', 'b-c-1']);
});

test('every link leads to a file that there is, and to a part of it that there is', () => {
  const wrong = [...pages].flatMap(([page, { links }]) =>
    links.flatMap((href) => {
      const target = targetOf(page, href);
      if (target.kind === 'elsewhere') return [];
      const { path, anchor } = target;
      if (!existsSync(join(root, path))) return [`${page}: ${href}: no such file`];
      const known = pages.get(path)?.anchors;
      return anchor !== '' && known && !known.includes(anchor) ? [`${page}: ${href}: no such heading`] : [];
    }),
  );
  expect(wrong).toEqual([]);
});

test('every page is one click from another one or in the menu', () => {
  const linked = new Set(
    [...pages].flatMap(([page, { links }]) =>
      links.map((href) => targetOf(page, href)).flatMap((target) => (target.kind === 'file' ? [target.path] : [])),
    ),
  );
  const folders = [...linked].filter((path) => !path.endsWith('.md'));
  const inMenu = MENU.flatMap(([, own]) => own);
  const lost = [...pages.keys()].filter(
    (page) => !linked.has(page) && !inMenu.includes(page) && !folders.some((folder) => page.startsWith(`${folder}/`)),
  );
  expect(lost).toEqual([]);
});

test('the menu names pages that there are', () => {
  expect(MENU.flatMap(([, own]) => own).filter((page) => !pages.has(page))).toEqual([]);
});

const blocks = [...pages].flatMap(([page, { code }]) => code.map((one) => ({ page, ...one })));

test('every JSON example is JSON', () => {
  const wrong = blocks
    .filter(({ language }) => language === 'json')
    // An ellipsis stands for what is left out.
    .filter(({ text }) => !text.includes('…'))
    .filter(({ text }) => !text.split(/\n(?=\{)/).every((each) => isJson(each)));
  expect(wrong.map(({ page, text }) => `${page}: ${text.slice(0, 60)}`)).toEqual([]);
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('every whole faultline.yaml in the documents is valid', () => {
  const whole = blocks.filter(
    ({ language, text }) => language === 'yaml' && text.includes('kind: FaultlineConfiguration'),
  );
  expect(whole.length).toBeGreaterThan(0);
  for (const { page, text } of whole) {
    for (const document of parseAllDocuments(text)) {
      expect(document.errors, page).toEqual([]);
      const { error } = configurationSchema.validate(document.toJS(), { abortEarly: false, convert: false });
      expect(error?.message, page).toBeUndefined();
    }
  }
});

test('every command line of faultline in an example is of a command and flags that there are', async () => {
  const known = new Map(
    await Promise.all(
      commands.map(async (command) => {
        const { flags } = await command.load();
        const names = flags.flatMap(({ spelling }) => spelling.match(/--?[a-z][a-z-]*/gi) ?? []);
        return [command.name, new Set([...names, '--help', '-h'])] as const;
      }),
    ),
  );
  const lines = blocks
    .filter(({ language }) => ['sh', 'bash', 'console', ''].includes(language))
    .flatMap(({ page, text }) =>
      text
        .replace(/(^|\s)#.*$/gm, '')
        // What is in quotes is another command, or a word of it.
        .replace(/'[^']*'/g, "''")
        .replaceAll('\\\n', ' ')
        .split('\n')
        .map((line) => ({ page, line })),
    );
  const asked = lines.flatMap(({ page, line }) =>
    [...line.matchAll(/(?:^|[|;&(]|\$ |npx |kubectl )\s*faultline ([^|;&#)]*)/g)].map(([, words = '']) => ({
      page,
      words: words.trim().split(/\s+/),
    })),
  );
  expect(asked.length).toBeGreaterThan(80);
  const wrong = asked.flatMap(({ page, words }) => {
    const [name = '', ...rest] = words.filter((word, index) => !(index === 0 && word === 'faultline'));
    if (!/^[a-z]+$/.test(name) || name === 'help') return [];
    const flags = known.get(name);
    if (flags === undefined) return [`${page}: faultline ${name}`];
    const unknown = rest
      .filter((word) => /^--[a-z]/.test(word))
      .map((word) => word.split('=')[0] ?? '')
      .filter((flag) => !flags.has(flag.replace(/^--no-/, '--no-')));
    return unknown.map((flag) => `${page}: faultline ${name} ${flag}`);
  });
  expect(wrong).toEqual([]);
});

test('the site has every page, a search of all of them, and every link on it leads to a part that there is', () => {
  const out = mkdtempSync(join(tmpdir(), 'faultline-site-'));
  const read = (file: string) => readFileSync(join(out, 'site', file), 'utf8');
  try {
    const written = buildSite(root, join(out, 'site'));
    expect(written.length).toBe(pages.size);
    const anchors = new Map(written.map((page) => [page, new Set(idsOf(read(page)))]));
    for (const page of [...written, 'search.html']) {
      const html = read(page);
      for (const [, href = '', anchor = ''] of html.matchAll(/href="([^"#]+)#?([^"]*)"/g)) {
        if (/^[a-z]+:/.test(href)) continue;
        const target = posix.join(posix.dirname(page), href);
        expect(existsSync(join(out, 'site', target)), `${page}: ${href}`).toBe(true);
        if (anchor !== '' && page === 'search.html') expect(anchors.get(target), `${href}#${anchor}`).toContain(anchor);
      }
      expect(html.match(/<form role="search" action="([^"]+)"/)?.[1], page).toBe(
        posix.relative(posix.dirname(page), 'search.html'),
      );
      expect(html).not.toMatch(page === 'search.html' ? /<iframe|<script(?! src="search\.js")/i : /<script|<iframe/i);
    }
    // Without its script it is a list of everything.
    expect(idsOf(read('search.html'))).toContain('everything');
    expect(read('search.html').match(/<li>/g)?.length).toBeGreaterThan(pages.size);
    const search = read('search.js');
    expect(search.length).toBeLessThan(1_500_000);
    const shown = searchIn(search, 'kite-listen');
    expect(shown.results).toContain('href="docs/migrate-from-kite.html');
    expect(shown.everything).toBe(true);
  } finally {
    rmSync(out, { recursive: true });
  }
});

function idsOf(html: string): string[] {
  return [...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id);
}

/** In a context without a network, as the script needs none: what the page of the search shows for `?q=`, and whether it hides the list of everything. */
function searchIn(script: string, query: string): { results: string; everything: boolean } {
  const element = () => ({ value: '', hidden: false, textContent: '', innerHTML: '', addEventListener() {} });
  const elements = new Map(['search-here', 'found', 'results', 'everything'].map((id) => [id, element()]));
  runInNewContext(script, {
    document: { getElementById: (id: string) => elements.get(id) ?? null },
    location: { search: `?q=${encodeURIComponent(query)}` },
    URLSearchParams,
  });
  return {
    results: elements.get('results')?.innerHTML ?? '',
    everything: elements.get('everything')?.hidden ?? false,
  };
}
