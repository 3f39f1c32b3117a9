import { success } from '../errors.ts';
import { type Item, need } from '../item.ts';
import { fieldOf } from '../loose.ts';
import { selectableFields } from '../selectable-fields.ts';
import { keysOf, settled } from '../subject.ts';

export const f4: Item = {
  number: 'F4',
  level: 'SHOULD',
  requirement: 'The fields that the schema declares as selectable select what they say.',
  breaks: 'kubectl get --field-selector, and informers that want a part of many objects.',
  async check(subject) {
    const { api } = subject;
    const fields = (await selectableFields(subject)).filter((field) => !field.startsWith('metadata.'));
    need(fields.length > 0, 'no further field is declared as selectable');
    const { path, objects } = await subject.scope(1);
    let seen = 0;
    for (const field of fields) {
      const value = objects.map((object) => fieldOf(object, field)).find((one) => one && !/[,=\\]/.test(one));
      if (value === undefined) continue;
      seen++;
      await settled(async () => {
        const everything = success(await api.send(path)).json().items ?? [];
        const answer = success(await api.send(`${path}?fieldSelector=${encodeURIComponent(`${field}=${value}`)}`));
        const expected = everything.filter((object) => fieldOf(object, field) === value);
        const { items } = answer.json();
        if (keysOf(items) === keysOf(expected)) return undefined;
        return `${field}=${value} selects ${items?.length} objects instead of ${expected.length}`;
      });
    }
    need(seen > 0, `no object has one of ${fields.join(', ')}`);
  },
};
