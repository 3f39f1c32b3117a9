import { PROTOBUF } from '../accept.ts';
import { refusal, success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

const ACCEPTABLE = [
  undefined,
  '*/*',
  'application/*',
  'application/json',
  `application/cbor,application/json;q=0.9`,
  `text/html,application/json;q=0.1`,
];

export const l2: Item = {
  number: 'L2',
  level: 'MUST',
  requirement:
    'Accept is negotiated: JSON by default, other types fall through to the next clause, nothing left is 406.',
  breaks: 'client-go, which asks for protobuf or CBOR first; browsers.',
  async check({ api, collection }) {
    const path = `${collection}?limit=1`;
    for (const accept of ACCEPTABLE) {
      const answer = success(await api.send(path, { headers: accept === undefined ? {} : { accept } }));
      ensure(answer.mediaType === 'application/json', `Accept ${accept} was answered with ${answer.mediaType}`);
    }
    const both = success(await api.send(path, { headers: { accept: `${PROTOBUF},application/json` } }));
    const types = ['application/json', PROTOBUF];
    ensure(types.includes(both.mediaType), `protobuf, else JSON was answered with ${both.mediaType}`);
    const { reason } = refusal(await api.send(path, { headers: { accept: 'image/png' } }), 406);
    ensure(reason === 'NotAcceptable', `the 406 has the reason ${reason}`);
  },
};
