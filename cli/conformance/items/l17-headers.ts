import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const l17: Item = {
  number: 'L17',
  level: 'SHOULD',
  requirement: 'Answers say Cache-Control: no-cache, private, and carry the Audit-Id of the request.',
  breaks: 'Proxies serve old objects to the wrong people; two audit logs cannot be joined.',
  async check({ api, target, collection }) {
    const own = 'faultline-conformance-4d1f';
    const answer = success(await api.send(`${collection}?limit=1`, { headers: { 'audit-id': own } }));
    const cacheControl = answer.header('cache-control');
    ensure(
      /no-cache/.test(cacheControl) && /private/.test(cacheControl),
      `Cache-Control is ${cacheControl || 'missing'}`,
    );
    const auditId = answer.header('audit-id');
    ensure(auditId, 'there is no Audit-Id');
    // kube-apiserver takes an Audit-ID from its callers too.
    ensure(target.path !== 'direct' || auditId === own, `the Audit-Id ${own} came back as ${auditId}`);
  },
};
