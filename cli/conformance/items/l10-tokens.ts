import { refusal, success } from '../errors.ts';
import { ensure, type Item, need } from '../item.ts';

export const l10: Item = {
  number: 'L10',
  level: 'MUST',
  requirement: 'A token that is none is 400, and so is one together with a resourceVersion.',
  breaks: "client-go's pager, which falls back to a full list only when it is told Expired.",
  async check(subject) {
    const { api, collection } = subject;
    const { reason } = refusal(await api.send(`${collection}?limit=1&continue=nonsense`), 400);
    ensure(reason === 'BadRequest', `the reason is ${reason}`);
    const { path } = await subject.scope();
    const first = success(await api.send(`${path}?limit=1`)).json();
    const { continue: token, resourceVersion } = first.metadata ?? {};
    need(token, 'a limit of 1 gives no further page');
    const both = `${path}?limit=1&continue=${encodeURIComponent(token)}&resourceVersion=${resourceVersion}`;
    refusal(await api.send(both), 400);
  },
};
