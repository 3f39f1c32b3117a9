import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context, Middleware } from 'koa';

export interface DocsOptions {
  /** Of the package: the version that the document names. */
  readonly version: string;
}

/** The files of `swagger-ui-dist` that the page needs; scripts/copy-assets.ts copies these and the licences. */
export const UI_FILES = {
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;
/** Beside this file in `dist/`. */
export const UI_FOLDER = 'docs-ui';

/**
 * `GET /openapi.json` and the interactive page `/docs/` about it. Both are for any user who is known, without a further
 * right, and for nobody else: what Kubernetes' `system:discovery` says about `/openapi`. They tell what the program can
 * be asked, nothing of what is stored, and what is tried out on the page is authorized like any other request. Mounted behind
 * `refuseAnonymous`. Nothing is loaded from elsewhere, and nothing into memory before somebody asks.
 */
export function docsEndpoints({ version }: DocsOptions): Middleware {
  let document: Promise<string> | undefined;
  return async (ctx, next) => {
    if (!/^\/(openapi\.json|docs(\/.*)?)$/.test(ctx.path) || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) {
      return next();
    }
    if (ctx.path === '/openapi.json') {
      document ??= render(version);
      ctx.type = 'application/json';
      ctx.body = await document;
    } else if (ctx.path === '/docs')
      ctx.redirect('docs/'); // relative: right behind a proxy with a prefix, too
    else return (await page(ctx)) || next();
  };
}

async function render(version: string): Promise<string> {
  const { openApiDocument } = await import('./openapi/document.ts');
  return JSON.stringify(openApiDocument(version));
}

/** Whether the path is a part of the page, which is answered then. */
async function page(ctx: Context): Promise<boolean> {
  const name = ctx.path.slice('/docs/'.length);
  ctx.set('Content-Security-Policy', POLICY);
  ctx.set('X-Frame-Options', 'DENY');
  ctx.set('Referrer-Policy', 'no-referrer');
  if (name === '') {
    ctx.type = 'text/html; charset=utf-8';
    ctx.body = PAGE;
  } else if (name === 'start.js') {
    ctx.type = 'text/javascript; charset=utf-8';
    ctx.body = START;
  } else if (Object.hasOwn(UI_FILES, name)) {
    const file = join(await uiFolder(), name);
    ctx.type = UI_FILES[name as keyof typeof UI_FILES];
    ctx.body = createReadStream(file);
  } else return false;
  return true;
}

/** In `dist/` beside this file; from the sources the package itself, which is a development dependency. */
async function uiFolder(): Promise<string> {
  const built = join(import.meta.dirname, UI_FOLDER);
  try {
    await access(built);
    return built;
  } catch {
    return dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));
  }
}

/** The page asks this server and nobody else, and runs the scripts that it is served with and no others. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Faultline API</title>
<link rel="stylesheet" href="swagger-ui.css">
<link rel="icon" type="image/png" href="favicon-32x32.png">
<div id="docs"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="start.js"></script>
</html>
`;

// validatorUrl: null, else the page would send the document's address to a validator on the internet.
const START = `SwaggerUIBundle({
  url: new URL('../openapi.json', location.href).href,
  dom_id: '#docs',
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
});
`;
