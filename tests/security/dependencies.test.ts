import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * What is installed, by package-lock.json and node_modules alone: no network, so nothing here fails without a change of ours.
 * Known vulnerabilities are asked for by scripts/audit.ts (docs/security.md).
 */
const ROOT = join(import.meta.dirname, '../..');
const read = <T>(path: string): T => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as T;

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const { packages } = read<{ packages: Record<string, Locked> }>('package-lock.json');
const locked = Object.entries(packages).filter(([path]) => path !== '');
const shipped = locked.filter(([, { dev }]) => dev !== true);

/** Permissive: nothing but notices is asked of whoever passes our package on. */
const LICENCES = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'PostgreSQL',
  'PSF-2.0',
  'Unlicense',
]);
/** Of tools that build and test and are not shipped, besides. */
const LICENCES_OF_TOOLS = new Set([...LICENCES, 'MPL-2.0', 'CC0-1.0']);

const REGISTRY = 'https://registry.npmjs.org/';

/** `(MIT OR Apache-2.0)` is fine when one is; `MIT AND X` when both are. */
function isFine(licence: string, allowed: ReadonlySet<string>): boolean {
  const bare = licence.replace(/[()]/g, '');
  return bare.split(' OR ').some((choice) => choice.split(' AND ').every((each) => allowed.has(each.trim())));
}

test('every package that is shipped has a licence that was agreed on', () => {
  expect(shipped.length).toBeGreaterThan(20);
  const wrong = shipped.filter(([, { license = 'none' }]) => !isFine(license, LICENCES));
  expect(wrong.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
});

test('so have the tools', () => {
  const wrong = locked.filter(([, { license = 'none' }]) => !isFine(license, LICENCES_OF_TOOLS));
  expect(wrong.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
});

test('what is installed says the same licence as the lock, and so do its own words', () => {
  const wrong = shipped.filter(([path, { license }]) => {
    // Of another platform.
    if (!existsSync(join(ROOT, path, 'package.json'))) return false;
    const own = read<{ license?: string | { type: string } }>(`${path}/package.json`).license;
    return (typeof own === 'object' ? own.type : own) !== license;
  });
  expect(wrong.map(([path]) => path)).toEqual([]);
});

test('every package is locked by hash and comes from the public registry', () => {
  const wrong = locked.filter(
    // Without `resolved` it is the registry that npm is configured with.
    ([, { resolved = REGISTRY, integrity = '' }]) => !resolved.startsWith(REGISTRY) || !integrity.startsWith('sha512-'),
  );
  expect(wrong.map(([path, { resolved }]) => `${path} from ${resolved}`)).toEqual([]);
});

test('no package runs a script when it is installed, but those that are named', () => {
  const { allowScripts } = read<{ allowScripts: Record<string, boolean> }>('package.json');
  const scripts = locked
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  // fsevents is for macOS, and optional.
  expect(scripts.filter((name) => !(name in allowScripts) && name !== 'fsevents')).toEqual([]);
});
