import { ensure, type Item } from '../item.ts';
import { groupVersionPath } from '../target.ts';

export const h3: Item = {
  number: 'H3',
  level: 'MUST',
  requirement: 'Nothing is a redirect, and a 304 has no Location.',
  breaks: 'kube-apiserver turns redirects of aggregated servers into 502.',
  async check(subject) {
    const { api, collection, target } = subject;
    const one = await subject.one();
    const openapi = `/openapi/v3${groupVersionPath(target)}`;
    const paths = [
      collection,
      `${collection}/`,
      subject.item(one),
      `${subject.item(one)}/`,
      `${groupVersionPath(target)}/`,
    ];
    for (const path of [...paths, ...(target.path === 'built-in' ? [] : [`${openapi}?hash=x`])]) {
      const { status, headers } = await api.send(path);
      ensure(status < 300 || status >= 400, `${path} is redirected: ${status} to ${headers.location}`);
      ensure(status !== 502, `${path} is 502, as the aggregator makes of redirects`);
    }
    const etag = (await api.send(openapi)).header('etag');
    if (etag === '') return;
    const { headers } = await api.send(openapi, { headers: { 'if-none-match': etag } });
    ensure(headers.location === undefined, 'the 304 of OpenAPI has a Location');
  },
};
