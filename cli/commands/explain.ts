import { DNS_LABEL } from '../../crds/names.ts';
import type { Command } from '../command.ts';
import { type ConnectionFlags, connectionFaults, connectionFlags, connectionOf } from './kubeconfig-flags.ts';
import { NO_PAST_FLAG } from './reading.ts';

export const EXPLAIN_OUTPUTS = ['text', 'json', 'yaml'] as const;
export type ExplainOutput = (typeof EXPLAIN_OUTPUTS)[number];

export interface ExplainFlags extends ConnectionFlags {
  readonly namespace?: string;
  readonly output?: ExplainOutput;
  readonly asOf?: string;
}

export interface ExplainOptions extends ConnectionFlags {
  /** As it was written: `PipelineRun`, `po`. */
  readonly kind: string;
  /** Undefined: any. */
  readonly group: string | undefined;
  readonly object: string;
  /** Undefined: that of the context, else `default`. */
  readonly namespace: string | undefined;
  readonly output: ExplainOutput;
  /** What explain cannot answer. */
  readonly asOf: string | undefined;
}

export const explain: Command<ExplainFlags, ExplainOptions> = {
  name: 'explain',
  parameters: '<kind/name...>',
  summary: 'Show why there is an issue for an object, or none.',
  description:
    'Show what each controller knows of an object: whether it watches it, what the last look came to, what was reported ' +
    'and what the server decided. It takes the right to get that object.',
  examples: [
    {
      comment: 'Why is there no issue for this run?',
      line: 'faultline explain pipelinerun/payments-on-push-x7k2p -n shop',
    },
    {
      comment: 'A kind of a certain group, as an object',
      line: 'faultline explain deployment.apps/web -n shop -o yaml',
    },
  ],
  flags: [
    { spelling: '-n, --namespace <namespace>', description: 'Of the object (default: that of the context).' },
    {
      spelling: '-o, --output <format>',
      description: 'What to print.',
      choices: EXPLAIN_OUTPUTS,
      default: 'text',
    },
    NO_PAST_FLAG,
    ...connectionFlags('How to reach the cluster, or faultline up (default: $KUBECONFIG, ~/.kube/config).'),
  ],
  complete({ parameters, flags: { namespace, output = 'text', asOf, ...flags } }) {
    // `pod web` is what kubectl takes too.
    const what = parameters.join('/');
    const slash = what.indexOf('/');
    // `deployment.v1.apps` is what kubectl takes too; the version says nothing here.
    const [kind = '', ...group] = what.slice(0, Math.max(slash, 0)).split('.');
    if (/^v\d+((alpha|beta)\d+)?$/.test(group[0] ?? '')) group.shift();
    const object = slash < 0 ? '' : what.slice(slash + 1);
    return {
      ...connectionOf(flags),
      kind,
      group: group.length === 0 ? undefined : group.join('.'),
      object,
      namespace,
      output,
      asOf,
    };
  },
  validate({ kind, object, namespace, asOf, ...connection }) {
    const faults = connectionFaults(connection);
    if (!/^[A-Za-z][-A-Za-z0-9]*$/.test(kind) || !/^[^/\s]+$/.test(object)) {
      faults.push('say which object: KIND/NAME, for example pipelinerun/payments-x7k2p');
    }
    if (asOf !== undefined) {
      const subject = object === '' ? 'NAME' : object;
      faults.push(
        `--as-of: controllers know their last look alone; what was broken then is faultline search ${subject} --all --as-of ${asOf}`,
      );
    }
    if (namespace !== undefined && !DNS_LABEL.test(namespace)) {
      faults.push(`--namespace: ${JSON.stringify(namespace)} is no name of a namespace`);
    }
    return faults;
  },
  async run(options, streams) {
    const { runExplain } = await import('../explain/run-explain.ts');
    return await runExplain(options, streams);
  },
};
