import type { Defect } from '../defect.ts';
import { all, answering, asking, asks, handling, items, json, lists, watches } from '../defect.ts';

export const selectorDefects: Readonly<Record<string, readonly Defect[]>> = {
  F1: [
    asking('label selectors are ignored', lists, ({ query }) => query.delete('labelSelector')),
    asking('notin wants the label to be there', lists, ({ query }) => {
      const selector = query.get('labelSelector') ?? '';
      const [name] = selector.split(' notin ');
      if (name !== selector) query.set('labelSelector', `${selector},${name}`);
    }),
    asking('a selector that cannot be read selects everything', lists, ({ query }) => {
      if (query.get('labelSelector') === 'a in ()x') query.delete('labelSelector');
    }),
  ],
  F2: [
    asking('field selectors are ignored', lists, ({ query }) => query.delete('fieldSelector')),
    asking('field selectors are ignored by watches', watches, ({ query }) => query.delete('fieldSelector')),
    answering(
      '!= is unknown',
      all(lists, ({ query }) => query.get('fieldSelector')?.includes('!=') ?? false),
      400,
      {},
    ),
  ],
  F3: [
    asking('unknown fields are ignored', asks('fieldSelector', 'spec.nobodyHasThis=x'), ({ query }) =>
      query.delete('fieldSelector'),
    ),
  ],
  F4: [
    asking(
      'declared fields select everything',
      all(lists, ({ query }) => query.get('fieldSelector')?.startsWith('spec.color') ?? false),
      ({ query }) => query.delete('fieldSelector'),
    ),
  ],
  F5: [
    answering('a selector makes an object missing', all(items, asks('labelSelector')), 404, {}),
    json('a parameter reaches another object', all(items, asks('labelSelector')), (body) => {
      if (body.metadata) body.metadata.name = 'another';
    }),
    handling('an object can be watched by its URL', all(items, asks('watch')), (exchange) => {
      exchange.answer(200, '{"type":"ADDED","object":{"kind":"Widget"}}\n');
    }),
  ],
  F6: [asking('watches ignore label selectors', watches, ({ query }) => query.delete('labelSelector'))],
};
