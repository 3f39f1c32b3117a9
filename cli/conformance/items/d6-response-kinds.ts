import { discoveredVersion } from '../discovery.ts';
import { ensure, type Item } from '../item.ts';

export const d6: Item = {
  number: 'D6',
  level: 'MUST',
  requirement: 'No resource or subresource in aggregated discovery is without a responseKind.',
  breaks: 'client-go 0.26.0 to 0.26.3 panics; newer ones drop the resource.',
  async check({ api, target }) {
    const { resources = [] } = await discoveredVersion(api, target);
    for (const { resource, responseKind, subresources = [] } of resources) {
      ensure(responseKind?.kind, `${resource} has no responseKind`);
      for (const one of subresources)
        ensure(one.responseKind?.kind, `${resource}/${one.subresource} has no responseKind`);
    }
  },
};
