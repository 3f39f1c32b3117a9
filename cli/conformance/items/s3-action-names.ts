import { actionsOf, callAction } from '../actions.ts';
import { ensure, type Item } from '../item.ts';

const LONG_RUNNING = ['log', 'exec', 'attach', 'proxy', 'portforward'];

export const s3: Item = {
  number: 'S3',
  level: 'MUST',
  requirement:
    'No action is called like something that kube-apiserver takes for long-running, and each answers within 60 s.',
  breaks: 'kube-apiserver cuts other calls after 60 s with 504, and never ends those that it takes for streams.',
  async check(subject) {
    const one = await subject.one();
    for (const action of actionsOf(subject)) {
      const [, name = ''] = action.name?.split('/') ?? [];
      ensure(!LONG_RUNNING.includes(name), `an action is called ${name}`);
      const { ms } = await callAction(subject, action, one);
      ensure(ms < 60_000, `${action.name} answered after ${Math.round(ms / 1_000)} s`);
    }
  },
};
