import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** What lies in the folder of an installed package. */
export interface Content {
  /** Paths from its root. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** The largest parts: packages, and folders of our own; bytes. */
  readonly largest: readonly (readonly [name: string, bytes: number])[];
}

export async function contentOf(app: string): Promise<Content> {
  const entries = await readdir(app, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(app, join(parentPath, name)));
  const parts = new Map<string, number>();
  let bytes = 0;
  for (const file of files) {
    const { size } = await stat(join(app, file));
    bytes += size;
    parts.set(partOf(file), (parts.get(partOf(file)) ?? 0) + size);
  }
  return { files, bytes, largest: [...parts].sort(([, a], [, b]) => b - a).slice(0, 12) };
}

function partOf(file: string): string {
  const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file);
  return found ? `node_modules/${found[1]}` : (file.split('/')[0] as string);
}

const NEEDED = ['package.json', 'LICENSE', 'dist/cli/bin.js', 'dist/cli/main.js', 'sbom.cdx.json', 'examples/cluster'];

/** What has no business in an image or a package, and why. */
const FORBIDDEN: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^(?!node_modules\/).*\.test\.[cm]?[jt]sx?$/, 'a test'],
  [/^(?!node_modules\/).*\.map$/, 'a source map whose sources are not there'],
  [/^dist\/(?!controllers\/testing\/).*\/testing\//, 'what tests of our own share'],
  [/^(tests|bench|scripts|docs|\.ci|\.git|\.faultline)\//, 'for developing'],
  [/(^|\/)(\.env|\.npmrc|id_rsa|.*\.(key|pfx|p12))$/, 'a credential'],
  [/\.(node|so|bare)$/, 'for one architecture, and the image is for all'],
  [/^node_modules\/(typescript|vitest|@biomejs|fast-check|ink-testing-library|node)\//, 'a dependency of development'],
];

/** One line for each thing that is missing or should not be there. */
export function faultsOf({ files }: Pick<Content, 'files'>): string[] {
  const missing = NEEDED.filter((path) => !files.some((file) => file === path || file.startsWith(`${path}/`)));
  const present = FORBIDDEN.flatMap(([pattern, why]) =>
    files.filter((file) => pattern.test(file)).map((file) => `${file} is ${why}`),
  );
  return [...missing.map((path) => `${path} is missing`), ...present];
}
