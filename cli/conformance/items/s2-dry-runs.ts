import { actionsOf, callAction } from '../actions.ts';
import { refusal, success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const s2: Item = {
  number: 'S2',
  level: 'MUST',
  requirement: 'dryRun=All changes nothing, and an unknown dryRun is refused.',
  breaks: 'kubectl --dry-run=server acts.',
  async check(subject) {
    const one = await subject.one();
    const versionOf = async () => success(await subject.api.send(subject.item(one))).json().metadata?.resourceVersion;
    for (const action of actionsOf(subject)) {
      // With a precondition that cannot hold, nothing happens even when dryRun is not understood.
      const metadata = { uid: '00000000-0000-4000-8000-000000000000' };
      refusal(await callAction(subject, action, one, { query: 'dryRun=Nonsense', metadata }), 400, 422);
      const before = await versionOf();
      const { status } = await callAction(subject, action, one);
      ensure(status < 500, `a dry run of ${action.name} answered ${status}`);
      const after = await versionOf();
      ensure(before === after, `a dry run of ${action.name} moved the object from ${before} to ${after}`);
    }
  },
};
