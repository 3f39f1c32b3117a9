import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { apiVersionOf } from '../target.ts';

export const o4: Item = {
  number: 'O4',
  level: 'SHOULD',
  requirement: 'Under its own hash the OpenAPI document may be kept for ever, and If-None-Match is answered with 304.',
  breaks: 'Every kubectl run transfers the document again.',
  async check({ api, target }) {
    const root = success(await api.send('/openapi/v3')).json<{
      paths?: Record<string, { serverRelativeURL?: string }>;
    }>();
    const url = root.paths?.[`apis/${apiVersionOf(target)}`]?.serverRelativeURL;
    ensure(url, '/openapi/v3 does not say where the document is');
    const document = success(await api.send(url));
    const etag = document.header('etag');
    ensure(/^"[^"]+"$/.test(etag), `ETag is ${etag || 'missing'}, not a strong one`);
    const cacheControl = document.header('cache-control');
    ensure(
      /public/.test(cacheControl) && /immutable/.test(cacheControl),
      `Cache-Control is ${cacheControl || 'missing'}`,
    );
    ensure(/accept/i.test(document.header('vary')), 'Vary does not name Accept');
    const expires = Date.parse(document.header('expires'));
    ensure(expires > Date.now() + 30 * 86_400_000, `Expires is ${document.header('expires') || 'missing'}`);
    const again = await api.send(url, { headers: { 'if-none-match': etag } });
    ensure(again.status === 304, `If-None-Match with the ETag answered ${again.status} instead of 304`);
  },
};
