import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import type { OpenApiDocument } from '../openapi.ts';
import { groupVersionPath } from '../target.ts';

export const o3: Item = {
  number: 'O3',
  level: 'MUST',
  requirement: 'The OpenAPI v3 document is JSON, also under a hash that is not the current one, without a redirect.',
  breaks: 'The aggregator turns every redirect into 502: kubectl explain fails after each upgrade.',
  async check({ api, target }) {
    const path = `/openapi/v3${groupVersionPath(target)}`;
    const document = success(await api.send(path, { headers: { accept: 'application/json' } }));
    ensure(document.mediaType === 'application/json', `Content-Type is ${document.header('content-type')}`);
    const { openapi } = document.json<OpenApiDocument>();
    ensure(openapi?.startsWith('3.'), `openapi is ${openapi}`);
    if (target.path === 'built-in') return; // no proxy in between: a redirect is followed
    const stale = await api.send(`${path}?hash=0123456789`);
    ensure(stale.status === 200, `under an old hash it answers ${stale.status} instead of 200: ${stale.beginning}`);
    ensure(
      !/immutable/.test(stale.header('cache-control')),
      'under an old hash it says that caches may keep it for ever',
    );
  },
};
