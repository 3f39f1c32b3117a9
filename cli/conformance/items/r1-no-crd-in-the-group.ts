import { ensure, type Item, need } from '../item.ts';
import { apiVersionOf } from '../target.ts';

interface Crds {
  readonly items?: { metadata: { name: string }; spec: { group: string; versions?: { name: string }[] } }[];
}

export const r1: Item = {
  number: 'R1',
  level: 'MUST',
  requirement: 'No CRD lives in the group and version of the APIService.',
  breaks: 'The CRD is shadowed, and the merged OpenAPI v2 of the whole cluster fails (kubectl, Argo CD).',
  async check({ api, target }) {
    need(target.path === 'aggregated', 'there is no APIService with a Service of its own');
    const answer = await api.send('/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
    need(answer.status === 200, `CRDs cannot be read: ${answer.status}`);
    const shadowed = (answer.json<Crds>().items ?? []).filter(
      ({ spec }) => spec.group === target.group && spec.versions?.some(({ name }) => name === target.version),
    );
    const names = shadowed.map(({ metadata }) => metadata.name).join(', ');
    ensure(shadowed.length === 0, `${apiVersionOf(target)} is served by the CRD ${names} too`);
  },
};
