import { chmodSync, cpSync, existsSync } from 'node:fs';

/** What `tsc` does not emit but `dist/` needs: SQL files and the executable bit of the binary. */
cpSync('migrations', 'dist/migrations', { recursive: true, filter: (path) => !/\.(test\.)?ts$/.test(path) });
if (existsSync('dist/cli/bin.js')) chmodSync('dist/cli/bin.js', 0o755);
