import type { Answer } from './client.ts';
import type { Subject } from './subject.ts';
import { groupVersionPath } from './target.ts';

/** Requests that have to be refused, each for another reason. */
export async function refusedRequests(subject: Subject): Promise<Answer[]> {
  const { api, collection, target } = subject;
  const nobody = `${groupVersionPath(target)}/faultlineconformancethings`;
  return await Promise.all([
    api.send(subject.missing),
    api.send(target.path === 'built-in' ? subject.missing : nobody),
    api.send(`${collection}?labelSelector=a%3D(`),
    api.send(`${collection}?fieldSelector=spec.nobodyHasThis%3Dx`),
    api.send(`${collection}?limit=1&continue=nonsense`),
    api.send(`${collection}?resourceVersionMatch=Exact`),
    api.send(collection, { headers: { accept: 'image/png' } }),
  ]);
}
