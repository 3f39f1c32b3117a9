import { OPENAPI_V3_PROTOBUF } from '../accept.ts';
import { ensure, type Item } from '../item.ts';
import { groupVersionPath } from '../target.ts';

export const o5: Item = {
  number: 'O5',
  level: 'COULD',
  requirement: 'Asked only for protobuf, OpenAPI v3 is protobuf, or 406.',
  breaks: 'kubectl before 1.27 reads JSON as protobuf and fails with an odd message.',
  async check({ api, target }) {
    const headers = { accept: OPENAPI_V3_PROTOBUF };
    const answer = await api.send(`/openapi/v3${groupVersionPath(target)}`, { headers });
    const isProtobuf = answer.status === 200 && answer.mediaType.includes('proto-openapi');
    ensure(isProtobuf || answer.status === 406, `it answers ${answer.status} ${answer.header('content-type')}`);
  },
};
