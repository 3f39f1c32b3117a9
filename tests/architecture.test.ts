import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * The arrows between rooms (docs/architecture.md) are law. A file may import from its own room, from the rooms named
 * here, and from the packages that its room is allowed. Everything is read from the sources: no list to keep in step.
 */
const root = join(import.meta.dirname, '..');

/** Longest prefix wins. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  crds: [],
  cel: [],
  tracing: [],
  'controllers/runtime': ['crds', 'tracing'],
  'controllers/index.ts': ['controllers/runtime', 'crds'],
  'controllers/testing': ['controllers/runtime', 'controllers/index.ts', 'crds', 'tracing'],
  'controllers/pipelines': ['controllers/index.ts', 'controllers/states/options.ts'],
  'controllers/tekton': ['controllers/index.ts', 'controllers/pipelines'],
  'controllers/konflux': ['controllers/index.ts', 'controllers/pipelines'],
  'controllers/states': ['controllers/index.ts'],
  'controllers/workloads': ['controllers/index.ts', 'controllers/states'],
  'controllers/conditions': ['controllers/index.ts', 'controllers/states'],
  // Not a plugin that a loader loads: it makes controllers of rules.
  'controllers/rules': ['controllers/runtime', 'controllers/states/first-seen.ts', 'cel', 'crds'],
  'apiserver/store': ['crds', 'migrations'],
  'apiserver/ingest': ['apiserver/store', 'crds', 'tracing'],
  'apiserver/receivers': ['apiserver/ingest', 'cel', 'crds'],
  'apiserver/events': ['apiserver/store', 'crds'],
  'apiserver/explanations': ['crds'],
  'apiserver/measures': ['apiserver/kube', 'crds'],
  'apiserver/kube': ['crds/meta.ts', 'crds/duration.ts', 'crds/time.ts'],
  'apiserver/groups': ['apiserver/store', 'crds'],
  'apiserver/resources': [
    ...['apiserver/kube', 'apiserver/explanations', 'apiserver/groups', 'apiserver/store', 'apiserver/ingest', 'crds'],
  ],
  'apiserver/rest': [
    ...['apiserver/explanations', 'apiserver/groups', 'apiserver/ingest', 'apiserver/receivers', 'apiserver/kube'],
    ...['apiserver/store', 'crds', 'tracing'],
  ],
  // What the author of a resource imports, as `faultline/apiserver`.
  'apiserver/index.ts': ['apiserver/kube', 'apiserver/resources', 'apiserver/server.ts', 'apiserver/store'],
  'apiserver/server': ['apiserver/kube', 'apiserver/rest', 'crds'],
  'apiserver/server.ts': ['apiserver/server', 'apiserver/kube', 'apiserver/rest', 'crds'],
  migrations: ['crds'],
  cli: ['crds', 'cel', 'tracing', 'controllers', 'apiserver', 'migrations'],
};

/** Packages that one room keeps for itself; every other package is free. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  knex: ['apiserver/store', 'migrations'],
  pg: ['apiserver/store'],
  tarn: ['apiserver/store'],
  'knex-pglite': ['apiserver/store'],
  '@electric-sql/pglite': ['apiserver/store'],
  koa: ['apiserver/kube', 'apiserver/rest', 'apiserver/server'],
  '@koa/router': ['apiserver/rest'],
  ws: ['apiserver/kube'],
  ink: ['cli/tui'],
  react: ['cli/tui'],
  commander: ['cli'],
  '@kubernetes/client-node': ['cli'],
  '@bufbuild/cel': ['cel'],
  '@peculiar/x509': ['cli/pki', 'apiserver/kube/access'],
};

interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Path inside the project, or undefined for a package. */
  readonly target: string | undefined;
}

const sources = globSync('{crds,cel,tracing,controllers,apiserver,migrations,cli}/**/*.{ts,tsx}', { cwd: root })
  .filter((file) => !/\.(test|soak\.test|contract)\.tsx?$/.test(file) && !file.includes('/testing/'))
  .sort();

const imports: Import[] = sources.flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g,
  );
  return [...found].map((match) => {
    const specifier = (match[1] ?? match[2] ?? match[3]) as string;
    const target = specifier.startsWith('.')
      ? relative(root, normalize(join(root, dirname(file), specifier)))
      : undefined;
    return { file, specifier, target };
  });
});

const within = (path: string, room: string): boolean => path === room || path.startsWith(`${room}/`);
const roomOf = (file: string): string => {
  const room = Object.keys(MAY_IMPORT)
    .filter((prefix) => within(file, prefix))
    .sort((a, b) => b.length - a.length)[0];
  if (!room)
    throw new Error(`${file} is in no room: name its arrows in tests/architecture.test.ts and docs/architecture.md`);
  return room;
};
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

describe('the arrows between rooms', () => {
  test('are read from real sources', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(imports.length).toBeGreaterThan(50);
  });

  test('point only where docs/architecture.md allows', () => {
    const wrong = imports.filter(({ file, target }) => {
      if (!target) return false;
      const room = roomOf(file);
      return !within(target, room) && !(MAY_IMPORT[room] ?? []).some((allowed) => within(target, allowed));
    });
    expect(wrong.map(({ file, specifier }) => `${file} → ${specifier}`)).toEqual([]);
  });

  test('never join a controller plugin to another', () => {
    const plugin = (path: string): string | undefined =>
      /^controllers\/((?!runtime|testing|pipelines|states)[^/.]+)\//.exec(path)?.[1];
    const wrong = imports.filter(({ file, target }) => {
      const [from, to] = [plugin(file), target && plugin(target)];
      return from !== undefined && to !== undefined && from !== to;
    });
    expect(wrong.map(({ file, specifier }) => `${file} → ${specifier}`)).toEqual([]);
  });
});

test('of the command line only the command that opens it imports the terminal UI', () => {
  const wrong = imports.filter(
    ({ file, target }) => target?.startsWith('cli/tui/') && !within(file, 'cli/tui') && file !== 'cli/commands/ui.ts',
  );
  expect(wrong.map(({ file, specifier }) => `${file} → ${specifier}`)).toEqual([]);
});

describe('the packages of a room', () => {
  test.each(Object.entries(ONLY_IN))('%s stays in %s', (name, rooms) => {
    const wrong = imports.filter(
      ({ file, specifier, target }) =>
        !target && packageOf(specifier) === name && !rooms.some((room) => within(file, room)),
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test('are all dependencies of package.json', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object };
    const missing = imports.filter(
      ({ specifier, target }) => !target && !specifier.startsWith('node:') && !(packageOf(specifier) in dependencies),
    );
    expect(missing.map(({ file, specifier }) => `${file} → ${specifier}`)).toEqual([]);
  });
});

describe('the process', () => {
  test('is read and ended in the entry points only', () => {
    const ambient = /\bprocess\.(argv|env|exit|exitCode|stdin|stdout|stderr)\b/;
    const wrong = sources.filter(
      (file) =>
        !['cli/main.ts', 'cli/bin.ts'].includes(file) &&
        ambient.test(stripComments(readFileSync(join(root, file), 'utf8'))),
    );
    expect(wrong).toEqual([]);
  });
});

test('no source file is longer than 400 lines', () => {
  const long = sources.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 401);
  expect(long).toEqual([]);
});

describe('the wire serves any resource', () => {
  test('nothing in apiserver/kube knows what an issue is', () => {
    // Comments may take issues as their example.
    const knows = /\bissues\b|\bIssue(?![rd])|[Ff]aultline/;
    const wrong = sources
      .filter((file) => within(file, 'apiserver/kube'))
      .filter((file) => knows.test(stripComments(readFileSync(join(root, file), 'utf8'))));
    expect(wrong).toEqual([]);
  });

  test('a resource is one file of at most 200 lines', () => {
    const files = globSync('{apiserver/resources,examples/resource}/*.ts', { cwd: root }).filter(
      (file) => !file.endsWith('.test.ts'),
    );
    expect(files.length).toBeGreaterThan(1);
    expect(files.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 201)).toEqual([]);
  });
});

function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
