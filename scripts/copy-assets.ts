import { chmodSync, cpSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UI_FILES, UI_FOLDER } from '../apiserver/rest/docs.ts';
import { writeTemplate } from '../apiserver/store/template.ts';

/** What `tsc` does not emit but `dist/` needs: SQL files, the executable bit of the binary, the page of /docs, and an empty database. */
cpSync('migrations', 'dist/migrations', { recursive: true, filter: (path) => !/\.(test\.)?ts$/.test(path) });
if (existsSync('dist/cli/bin.js')) chmodSync('dist/cli/bin.js', 0o755);
const ui = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));
for (const name of [...Object.keys(UI_FILES), 'LICENSE', 'NOTICE', 'swagger-ui-bundle.js.LICENSE.txt']) {
  cpSync(`${ui}/${name}`, `dist/apiserver/rest/${UI_FOLDER}/${name}`);
}
await writeTemplate('dist/apiserver/store');
