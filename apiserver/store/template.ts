import { readFileSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';

/**
 * A database folder as initdb leaves it, packed when the product is built. Unpacking it takes 1.5 s of CPU time where
 * initdb in WebAssembly takes 5 s, during which the process cannot even hear SIGINT. Without the file (a build that
 * skipped it) initdb runs.
 */
export async function writeTemplate(folder: string): Promise<void> {
  const pglite = await PGlite.create('memory://');
  const packed = await pglite.dumpDataDir('gzip');
  await pglite.close();
  await writeFile(join(folder, templateName()), Buffer.from(await packed.arrayBuffer()));
}

/** Opens the database in a folder, or makes it there. Killed at any moment it leaves no half of one behind. */
export async function openFolder(folder: string): Promise<PGlite> {
  if ((await filesOf(folder)).length === 0) await unpackInto(folder);
  return await PGlite.create({ dataDir: folder, extensions: EXTENSIONS });
}

export async function openMemory(): Promise<PGlite> {
  const template = await readTemplate();
  return await PGlite.create({
    dataDir: 'memory://',
    extensions: EXTENSIONS,
    ...(template && { loadDataDir: template }),
  });
}

/** What migrations ask for by CREATE EXTENSION. */
const EXTENSIONS = { pg_trgm };

async function unpackInto(folder: string): Promise<void> {
  const template = await readTemplate();
  if (template === undefined) return;
  const aside = `${folder}.new`;
  await rm(aside, { recursive: true, force: true });
  const unpacked = await PGlite.create({ dataDir: aside, loadDataDir: template });
  await unpacked.close();
  await rename(aside, folder);
}

async function filesOf(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** Beside this file in `dist/`; a run from the sources takes the one that was built. */
async function readTemplate(): Promise<Blob | undefined> {
  const places = [import.meta.dirname, join(import.meta.dirname, '..', '..', 'dist', 'apiserver', 'store')];
  for (const place of places) {
    const bytes = await readFile(join(place, templateName())).catch(() => undefined);
    if (bytes !== undefined) return new Blob([bytes]);
  }
  return undefined;
}

/** Named after the PGlite that made it: another one may bring another PostgreSQL. */
function templateName(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return `pglite-${version}.tar.gz`;
}
