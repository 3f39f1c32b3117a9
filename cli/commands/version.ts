import type { Command } from '../command.ts';
import { type ConnectionFlags, connectionFaults, connectionFlags, connectionOf } from './kubeconfig-flags.ts';
import { OBJECT_OUTPUTS, type ObjectOutput, objectOutputFlag } from './reading.ts';

export interface VersionFlags extends ConnectionFlags {
  readonly client?: boolean;
  readonly output: ObjectOutput;
}

export interface VersionOptions extends ConnectionFlags {
  /** Ask no server. */
  readonly client: boolean;
  readonly output: ObjectOutput;
}

export const version: Command<VersionFlags, VersionOptions> = {
  name: 'version',
  summary: 'Print the version, and that of the server.',
  description:
    'Print the version of this faultline, of the Faultline and the Kubernetes that it asks, and whether they differ more than ' +
    'one minor version. Without a kubeconfig, or with --client, no server is asked.',
  examples: [
    { comment: 'For a bug report', line: 'faultline version' },
    { comment: 'Without a server', line: 'faultline version --client' },
  ],
  flags: [
    { spelling: '--client', description: 'This program alone: ask no server.' },
    objectOutputFlag(OBJECT_OUTPUTS),
    ...connectionFlags('How to reach the cluster, or faultline up (default: $KUBECONFIG, ~/.kube/config).'),
  ],
  complete: ({ flags }) => ({ ...connectionOf(flags), client: flags.client ?? false, output: flags.output }),
  validate: connectionFaults,
  async run(options, streams) {
    const { runVersion } = await import('../version/run-version.ts');
    return await runVersion(options, streams);
  },
};
