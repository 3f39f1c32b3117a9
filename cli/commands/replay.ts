import { DNS_LABEL } from '../../crds/names.ts';
import type { Command } from '../command.ts';
import type { LogOptions } from '../log.ts';
import { OUTPUTS, type OutputFormat } from '../printers/issues.ts';
import { CONFIG_FLAG, LOG_FLAGS, type LogFlags, logOptions } from './flags.ts';

interface ReplayFlags extends LogFlags {
  readonly config?: string;
  readonly namespace?: string;
  readonly output: OutputFormat;
  readonly exitCode?: boolean;
}

export interface ReplayOptions {
  /** A folder, a file, or `-` for standard input. */
  readonly from: string;
  readonly config: string | undefined;
  /** Undefined: all that the configuration watches. */
  readonly namespace: string | undefined;
  readonly output: OutputFormat;
  /** Answer 10 when an issue is Active. */
  readonly exitCode: boolean;
  readonly log: LogOptions;
}

export const replay: Command<ReplayFlags, ReplayOptions> = {
  name: 'replay',
  parameters: '<folder|file|->',
  summary: 'Print the issues of recorded objects, without a cluster.',
  description:
    'Run the controllers over recorded objects and print the issues that they would open. No cluster is asked and ' +
    'nothing is kept. Reads multi-document YAML, JSON, Lists, must-gather trees and .gz files.',
  examples: [
    { comment: 'A folder of recorded objects', line: 'faultline replay must-gather/' },
    {
      comment: 'What is wrong in a cluster right now',
      line: 'kubectl get pipelineruns,taskruns -A -o json | faultline replay -',
    },
    {
      comment: 'Fail a script when something is broken (exit code 10)',
      line: 'faultline replay --exit-code runs.yaml.gz',
    },
  ],
  flags: [
    CONFIG_FLAG,
    { spelling: '-n, --namespace <namespace>', description: 'Only this namespace.' },
    { spelling: '-o, --output <format>', description: 'What is printed.', choices: OUTPUTS, default: 'table' },
    { spelling: '--exit-code', description: 'Exit with 10 when an issue is Active.' },
    ...LOG_FLAGS,
  ],
  complete({ parameters: [from = ''], flags }, streams) {
    const { config, namespace, output, exitCode = false } = flags;
    return { from, config, namespace, output, exitCode, log: logOptions(flags, streams, 'warn') };
  },
  validate({ from, namespace }) {
    const faults = from === '' ? ['name a folder or a file, or - for standard input'] : [];
    if (namespace !== undefined && !DNS_LABEL.test(namespace)) faults.push(`"${namespace}" is no namespace name`);
    return faults;
  },
  async run(options, streams) {
    const { runReplay } = await import('../replay/run-replay.ts');
    return await runReplay(options, streams);
  },
};
