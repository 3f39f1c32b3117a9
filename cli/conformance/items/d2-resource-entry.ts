import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { groupVersionPath } from '../target.ts';

export const d2: Item = {
  number: 'D2',
  level: 'MUST',
  requirement: 'Discovery names plural, singular, kind, scope and the verbs that are served; not the category all.',
  breaks: 'kubectl finds no short or singular name; Argo CD, garbage collector and quota decide by the verbs.',
  async check({ api, target, collection }) {
    const { resources = [] } = success(await api.send(groupVersionPath(target))).json();
    const entry = resources.find(({ name }) => name === target.plural);
    ensure(entry, `${target.plural} is not in the list`);
    ensure(entry.singularName, 'singularName is empty');
    ensure(/^[A-Z]\w*$/.test(entry.kind ?? ''), `kind is "${entry.kind}"`);
    ensure(typeof entry.namespaced === 'boolean', 'namespaced is missing');
    ensure((entry.verbs ?? []).length > 0, 'verbs are missing');
    ensure(!entry.categories?.includes('all'), 'it joins the category all: `kubectl get all` asks for it everywhere');
    if (!entry.verbs?.includes('list')) return;
    const list = await api.send(`${collection}?limit=1`);
    ensure(list.status === 200, `list is advertised, and ${list.question} answered ${list.status}`);
  },
};
