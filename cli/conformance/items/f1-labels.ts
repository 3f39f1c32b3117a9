import { refusal, success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { labelCases, UNREADABLE_SELECTORS } from '../selector-cases.ts';
import { keysOf, settled } from '../subject.ts';

export const f1: Item = {
  number: 'F1',
  level: 'MUST',
  requirement: 'The whole grammar of label selectors; != and notin select objects without the label; nonsense is 400.',
  breaks:
    'kubectl -l, controllers that own objects by labels, network policies of data: too much or too little is seen.',
  async check(subject) {
    const { api } = subject;
    const { path, objects } = await subject.scope(1);
    for (const { selector, selects } of labelCases(objects)) {
      await settled(async () => {
        const everything = success(await api.send(path)).json().items ?? [];
        const { items } = success(await api.send(`${path}?labelSelector=${encodeURIComponent(selector)}`)).json();
        const expected = everything.filter(({ metadata }) => selects(metadata?.labels ?? {}));
        if (keysOf(items) === keysOf(expected)) return undefined;
        return `${selector} selects ${items?.length} objects instead of ${expected.length}`;
      });
    }
    for (const selector of UNREADABLE_SELECTORS) {
      const answer = await api.send(`${path}?labelSelector=${encodeURIComponent(selector)}`);
      ensure(answer.status === 400, `the selector ${selector} is answered with ${answer.status} instead of 400`);
      refusal(answer, 400);
    }
  },
};
