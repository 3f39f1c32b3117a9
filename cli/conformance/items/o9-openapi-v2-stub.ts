import { success } from '../errors.ts';
import { ensure, type Item, need } from '../item.ts';
import type { OpenApiDocument } from '../openapi.ts';
import { groupVersionPath } from '../target.ts';

export const o9: Item = {
  number: 'O9',
  level: 'SHOULD',
  requirement: "OpenAPI v2 is a stub without paths: nothing of it is merged into the cluster's document.",
  breaks: 'One odd definition makes the document of the whole cluster unreadable (Argo CD, kubectl apply).',
  async check({ api, target }) {
    need(target.path !== 'built-in', 'kube-apiserver makes the document of this resource itself');
    const answer = success(await api.send('/openapi/v2', { headers: { accept: 'application/json' } }));
    const { paths = {} } = answer.json<OpenApiDocument>();
    const own = Object.keys(paths).filter((path) => path.startsWith(`${groupVersionPath(target)}/`));
    ensure(own.length === 0, `it has ${own.length} paths of the group: kubectl 1.27 and later explains from v3`);
  },
};
