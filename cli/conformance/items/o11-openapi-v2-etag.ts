import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const o11: Item = {
  number: 'O11',
  level: 'SHOULD',
  requirement: 'OpenAPI v2 has a strong ETag that stays, and If-None-Match is answered with 304.',
  breaks: 'The aggregator parses and hashes the document every minute.',
  async check({ straight }) {
    const ask = (etag?: string) => {
      const headers = { accept: 'application/json', ...(etag && { 'if-none-match': etag }) };
      return straight.send('/openapi/v2', { headers });
    };
    const etags = [success(await ask()).header('etag'), success(await ask()).header('etag')];
    ensure(/^"[^"]+"$/.test(etags[0] ?? ''), `ETag is ${etags[0] || 'missing'}, not a strong one`);
    ensure(etags[0] === etags[1], 'two requests had two ETags');
    const again = await ask(etags[0]);
    ensure(again.status === 304, `If-None-Match with the ETag answered ${again.status} instead of 304`);
  },
};
