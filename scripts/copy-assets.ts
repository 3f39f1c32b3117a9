import { chmodSync, cpSync, existsSync } from 'node:fs';
import { writeTemplate } from '../apiserver/store/template.ts';

/** What `tsc` does not emit but `dist/` needs: SQL files, the executable bit of the binary, and an empty database. */
cpSync('migrations', 'dist/migrations', { recursive: true, filter: (path) => !/\.(test\.)?ts$/.test(path) });
if (existsSync('dist/cli/bin.js')) chmodSync('dist/cli/bin.js', 0o755);
await writeTemplate('dist/apiserver/store');
