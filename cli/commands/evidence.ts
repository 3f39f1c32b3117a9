import type { Command } from '../command.ts';
import { ISSUE_PARAMETER, issueFaults, issueName } from './action.ts';
import { type ConnectionFlags, connectionFlags, connectionOf } from './kubeconfig-flags.ts';
import { AS_OF_FLAG, OBJECT_OUTPUTS, type ObjectOutput, objectOutputFlag, readingFaults } from './reading.ts';

export interface EvidenceFlags extends ConnectionFlags {
  readonly namespace?: string;
  readonly asOf?: string;
  readonly output?: ObjectOutput;
}

export interface EvidenceOptions extends ConnectionFlags {
  readonly issue: string;
  /** Undefined: that of the context, else `default`. */
  readonly namespace: string | undefined;
  /** As for every reading command. */
  readonly asOf?: string | undefined;
  readonly output?: ObjectOutput | undefined;
}

export const evidence: Command<EvidenceFlags, EvidenceOptions> = {
  name: 'evidence',
  parameters: ISSUE_PARAMETER,
  summary: 'Show what showed an issue: the failing step and the end of its log.',
  description:
    'Show what showed an issue last: conditions, the failing step, its exit code and the end of its log, also when the ' +
    'Pods are gone. It takes a right of its own, get issues/evidence. Credentials were masked before they were stored.',
  examples: [
    { comment: 'Why does the build fail?', line: 'faultline evidence component-payments-mfrggzdf -n shop' },
    {
      comment: 'The same as an object',
      line: 'faultline evidence component-payments-mfrggzdf -n shop -o json',
    },
  ],
  flags: [
    { spelling: '-n, --namespace <namespace>', description: 'Of the issue (default: that of the context).' },
    AS_OF_FLAG,
    objectOutputFlag(OBJECT_OUTPUTS),
    ...connectionFlags('How to reach the cluster, or faultline up (default: $KUBECONFIG, ~/.kube/config).'),
  ],
  complete: ({ parameters: [issue = ''], flags: { namespace, asOf, output, ...flags } }) => ({
    ...connectionOf(flags),
    issue: issueName(issue),
    namespace,
    asOf,
    output,
  }),
  validate: (options) => [
    ...issueFaults(options),
    ...readingFaults({ ...options, namespace: undefined, asOf: options.asOf }),
  ],
  async run(options, streams) {
    const { runEvidence } = await import('../actions/run-evidence.ts');
    return await runEvidence(options, streams);
  },
};
