import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NewOptions } from '../commands/new.ts';
import { EXIT, Failure } from '../exit.ts';
import { packageRoot } from '../package-info.ts';
import type { Streams } from '../streams.ts';
import { controllerFiles } from './controller-files.ts';

/** `faultline new controller`. */
export async function runNew(options: NewOptions, streams: Streams): Promise<number> {
  const root = packageRoot();
  const files = controllerFiles(options, root);
  const link = join(options.folder, 'node_modules', 'faultline');
  const there = Object.keys(files).filter((name) => existsSync(join(options.folder, name)));
  if (options.package && existsSync(link)) there.push('node_modules/faultline');
  if (there.length > 0) {
    throw new Failure(
      `${options.shownFolder} has ${there.join(', ')} already, and nothing was written: choose another --dir`,
    );
  }
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(options.folder, name);
      await mkdir(dirname(path), { recursive: true });
      // Also what appeared in this moment stays as it is.
      await writeFile(path, text, { flag: 'wx' });
    }
    // What npm makes of a `file:` dependency, so that the test passes before anything was installed.
    if (options.package) {
      await mkdir(dirname(link), { recursive: true });
      await symlink(root, link, 'dir');
    }
  } catch (cause) {
    const { code, path } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new Failure(`cannot write ${path ?? options.folder}: ${code}`, { cause });
  }
  const lines = Object.keys(files).map((name) => `  ${name}`);
  const test = options.package ? 'npm test' : 'node --test';
  streams.out.write(
    `Wrote into ${options.shownFolder}:\n${lines.join('\n')}\nNext: cd ${options.shownFolder} && ${test}\n`,
  );
  return EXIT.ok;
}
