import { OPENAPI_V2_PROTOBUF } from '../accept.ts';
import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { type OpenApiDocument, referencesIn } from '../openapi.ts';

export const o10: Item = {
  number: 'O10',
  level: 'MUST',
  requirement: '/openapi/v2 is whole as JSON and as protobuf: references resolve, names are legal, nothing is doubled.',
  breaks: 'Everything in the cluster that reads OpenAPI v2: Argo CD, server-side apply, client generators.',
  async check({ api, target }) {
    const answer = success(await api.send('/openapi/v2', { headers: { accept: 'application/json' } }));
    const document = answer.json<OpenApiDocument>();
    const definitions = document.definitions ?? {};
    const lost = [...referencesIn(document)].filter((one) => !(one.replace('#/definitions/', '') in definitions));
    ensure(lost.length === 0, `references lead nowhere: ${lost.slice(0, 3).join(', ')}`);
    const illegal = Object.keys(definitions).filter((name) => /[/~]/.test(name));
    ensure(illegal.length === 0, `definition names hold / or ~: ${illegal.slice(0, 3).join(', ')}`);
    const renamed = Object.keys(definitions).filter((name) => /_v\d+$/.test(name));
    ensure(
      renamed.length === 0,
      `definitions had to be renamed, because two differ: ${renamed.slice(0, 3).join(', ')}`,
    );
    const foreign = Object.keys(document.paths ?? {}).filter((path) => !path.startsWith('/apis/') && path !== '/apis');
    ensure(
      target.path !== 'direct' || foreign.length === 0,
      `it has paths of others: ${foreign.slice(0, 3).join(', ')}`,
    );
    success(await api.send('/openapi/v2', { headers: { accept: OPENAPI_V2_PROTOBUF } }));
  },
};
