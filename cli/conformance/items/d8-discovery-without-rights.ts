import { success } from '../errors.ts';
import { type Item, need } from '../item.ts';
import { groupVersionPath } from '../target.ts';

export const d8: Item = {
  number: 'D8',
  level: 'MUST',
  requirement: 'Discovery and OpenAPI are answered to system:aggregator, who has no rights of its own.',
  breaks: 'The aggregator gets 403: the group is Stale, and kubectl explain knows nothing of it.',
  async check({ api, target }) {
    need(target.path === 'aggregated', 'there is no aggregator in between');
    const headers = { 'impersonate-user': 'system:aggregator' };
    for (const path of [groupVersionPath(target), `/openapi/v3${groupVersionPath(target)}`]) {
      const answer = await api.send(path, { headers });
      const mayNot = answer.status === 403 && answer.text.includes('impersonate');
      need(!mayNot, 'the user of the kubeconfig may not impersonate');
      success(answer);
    }
  },
};
