import { resolve } from 'node:path';
import type { Command } from '../command.ts';

interface ReceiverFlags {
  readonly header?: readonly string[];
  readonly query?: string;
  readonly output: 'text' | 'json';
}

/** What `faultline receiver test` was asked for; paths are absolute, `-` is standard input. */
export interface ReceiverTestOptions {
  readonly action: string;
  readonly receiver: string;
  readonly payload: string;
  readonly headers: readonly string[];
  readonly query: string;
  readonly output: 'text' | 'json';
}

export const receiver: Command<ReceiverFlags, ReceiverTestOptions> = {
  name: 'receiver',
  parameters: '<test> <receiver.yaml> <payload.json>',
  summary: 'Show what a receiver of webhooks makes of a payload.',
  description:
    'test: check a WebhookReceiver or ClusterWebhookReceiver and show what it would report of a recorded payload: ' +
    'subject, findings and what would happen to each. Asks no server and stores nothing; authentication is not checked. ' +
    'Exits with 0 when the payload fits, with 1 when the receiver is invalid or the payload does not fit.',
  examples: [
    {
      comment: 'What a failed workflow of GitHub would become',
      line: 'faultline receiver test github.yaml workflow_run.json --header x-github-event=workflow_run',
    },
    { comment: 'The reports themselves', line: 'faultline receiver test alertmanager.yaml alerts.json -o json' },
    {
      comment: 'A payload from elsewhere',
      line: 'curl -s https://example.com/last | faultline receiver test r.yaml -',
    },
  ],
  flags: [
    { spelling: '--header <name=value>', description: 'A header of the request; may be repeated.', repeated: true },
    { spelling: '--query <text>', description: 'The query of the request, for example namespace=team-a.' },
    { spelling: '-o, --output <format>', description: 'What is printed.', choices: ['text', 'json'], default: 'text' },
  ],
  complete({ parameters: [action = '', receiverFile = '', payload = ''], flags }, streams) {
    const path = (file: string) => (file === '' || file === '-' ? file : resolve(streams.directory, file));
    const { header = [], query = '', output } = flags;
    return { action, receiver: path(receiverFile), payload: path(payload), headers: header, query, output };
  },
  validate({ action, receiver: file, payload, headers }) {
    const faults = action === 'test' ? [] : [`"${action}" is nothing that receivers do: write receiver test`];
    if (file === '' || file === '-') faults.push('name the file of the receiver');
    if (payload === '') faults.push('name the file of the payload, or - for standard input');
    for (const header of headers) {
      if (!/^[^=\s]+=/.test(header)) faults.push(`--header: "${header}" is not name=value`);
    }
    return faults;
  },
  async run(options, streams) {
    const { runReceiverTest } = await import('../receiver/run-test.ts');
    return await runReceiverTest(options, streams);
  },
};
