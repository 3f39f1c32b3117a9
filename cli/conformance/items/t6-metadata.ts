import { PARTIAL, PARTIAL_LIST, PROTOBUF } from '../accept.ts';
import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { isPartial } from '../tables.ts';
import { watchCollection } from '../watching.ts';

export const t6: Item = {
  number: 'T6',
  level: 'MUST',
  requirement: 'get, list and watch are PartialObjectMetadata for whoever asks, JSON when protobuf is not served.',
  breaks: 'The garbage collector, the namespace controller and every metadata informer.',
  async check(subject) {
    const { api, collection, target } = subject;
    const one = await subject.one();
    const partial = (accept: string) => ({ headers: { accept } });
    ensure(
      isPartial(success(await api.send(subject.item(one), partial(PARTIAL))).json()),
      'get is no PartialObjectMetadata',
    );
    const { kind, apiVersion, metadata, items } = success(
      await api.send(`${collection}?limit=2`, partial(PARTIAL_LIST)),
    ).json();
    ensure(
      kind === 'PartialObjectMetadataList' && apiVersion === 'meta.k8s.io/v1',
      `the list is a ${apiVersion} ${kind}`,
    );
    ensure(metadata?.resourceVersion, 'the list has no resourceVersion');
    ensure(items?.length && items.every(isPartial), 'items of the list are no PartialObjectMetadata');
    const protobuf = PARTIAL_LIST.replace('application/json', PROTOBUF);
    const mixed = await api.send(`${collection}?limit=1`, partial(`${protobuf},${PARTIAL_LIST}`));
    ensure(
      success(mixed).mediaType === PROTOBUF || mixed.json().kind === kind,
      'protobuf, else JSON is something else',
    );
    if (!target.verbs.includes('watch')) return;
    const { changes } = await watchCollection(subject, 'resourceVersion=0', { accept: PARTIAL });
    ensure(changes.length > 0 && changes.every(({ object }) => isPartial(object)), 'the watch sends other objects');
  },
};
