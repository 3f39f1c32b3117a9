import { askAggregatedDiscovery } from '../discovery.ts';
import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const d7: Item = {
  number: 'D7',
  level: 'SHOULD',
  requirement: 'Aggregated discovery has a strong ETag, answers If-None-Match with 304 and no Location, and says Vary.',
  breaks: 'Every poll transfers and parses everything; a Location on a 304 is an error in the aggregator.',
  async check({ straight }) {
    const answer = success(await askAggregatedDiscovery(straight));
    const etag = answer.header('etag');
    ensure(/^"[^"]+"$/.test(etag), `ETag is ${etag || 'missing'}, not a strong one`);
    ensure(/\baccept\b/i.test(answer.header('vary')), 'Vary does not name Accept: caches mix the forms up');
    ensure(/\bpublic\b/.test(answer.header('cache-control')), `Cache-Control is ${answer.header('cache-control')}`);
    const again = await askAggregatedDiscovery(straight, { 'if-none-match': etag });
    ensure(again.status === 304, `If-None-Match with the ETag answered ${again.status} instead of 304`);
    ensure(again.bytes.length === 0, 'the 304 has a body');
    ensure(again.header('location') === '', 'the 304 has a Location');
  },
};
