import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const l15: Item = {
  number: 'L15',
  level: 'SHOULD',
  requirement: 'pretty=true, curl and browsers get indented JSON; everybody else compact JSON.',
  breaks: 'People who look at it by hand; or every list grows by a third.',
  async check({ api, collection }) {
    const path = `${collection}?limit=1`;
    const isIndented = async (query: string, headers: Record<string, string> = {}): Promise<boolean> =>
      /^\{\n +"/.test(success(await api.send(`${path}${query}`, { headers })).text);
    ensure(await isIndented('&pretty=true'), '?pretty=true is not indented');
    ensure(await isIndented('', { 'user-agent': 'curl/8.9.1' }), 'for curl it is not indented');
    ensure(!(await isIndented('')), 'without a wish it is indented');
  },
};
