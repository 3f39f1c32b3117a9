import { ensure, type Item } from '../item.ts';
import { refusedRequests } from '../refusals.ts';

export const e1: Item = {
  number: 'E1',
  level: 'MUST',
  requirement: 'Every refusal is a Status as JSON, whose code is that of the answer.',
  breaks: 'kubectl prints "unknown"; client-go cannot tell a missing object from a broken server.',
  async check(subject) {
    for (const answer of await refusedRequests(subject)) {
      const { question, status: code, mediaType } = answer;
      ensure(code >= 400, `${question} was not refused: ${code}`);
      ensure(
        mediaType === 'application/json',
        `${question} was refused as ${mediaType || 'nothing'}: ${answer.beginning}`,
      );
      const body = answer.json();
      const isStatus = body.kind === 'Status' && body.apiVersion === 'v1' && body.status === 'Failure';
      ensure(isStatus, `${question} was refused with ${answer.beginning}`);
      ensure(body.code === code, `${question} is ${code} outside and ${body.code} inside`);
      ensure(body.message && body.reason, `${question} was refused without message or reason`);
      ensure(typeof body.metadata === 'object', `${question} was refused without metadata`);
    }
  },
};
