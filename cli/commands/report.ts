import { resolve } from 'node:path';
import { DNS_LABEL } from '../../crds/names.ts';
import type { Command } from '../command.ts';
import { type ConnectionFlags, connectionFaults, connectionFlags, connectionOf } from './kubeconfig-flags.ts';

export interface ReportFlags extends ConnectionFlags {
  readonly filename?: readonly string[];
  readonly namespace?: string;
  readonly dryRun?: boolean;
  readonly output: 'text' | 'json';
}

export interface ReportOptions extends ConnectionFlags {
  /** Absolute, or `-` for standard input. */
  readonly files: readonly string[];
  /** Of reports that name none. Undefined: that of the context, else `default`. */
  readonly namespace: string | undefined;
  readonly dryRun: boolean;
  readonly output: 'text' | 'json';
}

export const report: Command<ReportFlags, ReportOptions> = {
  name: 'report',
  summary: 'Report what is wrong with something, or that nothing is.',
  description:
    'Send reports to Faultline, from YAML or JSON: a report as docs/reports.md has it, an array of them, or IssueReports; ' +
    'several documents, or lines of JSON, are several reports. Each is answered with what was decided. It takes the right ' +
    'to create issuereports in the namespace, and to report as the source. What one report is refused for is a line with ' +
    'its place in the file, the others follow, and the exit code is 1. A server that is busy is asked again when it wants ' +
    'to be; when nothing more can be sent, the last line says how many were taken.',
  examples: [
    { comment: 'What would the server say to it?', line: 'faultline report -f report.yaml --dry-run' },
    { comment: 'From a script', line: './check.sh | faultline report -f - -n shop' },
    {
      comment: 'What jq makes of the results of tests',
      line: 'jq -c -f reports.jq results.json | faultline report -f -',
    },
  ],
  flags: [
    { spelling: '-f, --filename <file>', description: 'A file, or - for standard input.', repeated: true },
    {
      spelling: '-n, --namespace <namespace>',
      description: 'Of reports that name none (default: that of the context).',
    },
    { spelling: '--dry-run', description: 'Ask the server whether it would take them, and change nothing.' },
    { spelling: '-o, --output <format>', description: 'What is printed.', choices: ['text', 'json'], default: 'text' },
    ...connectionFlags('How to reach the cluster, or faultline up (default: $KUBECONFIG, ~/.kube/config).'),
  ],
  complete: ({ flags }, { directory }) => ({
    ...connectionOf(flags),
    files: (flags.filename ?? []).map((file) => (file === '-' ? file : resolve(directory, file))),
    ...{ namespace: flags.namespace, dryRun: flags.dryRun ?? false, output: flags.output },
  }),
  validate(options) {
    const { files, namespace } = options;
    const faults = connectionFaults(options);
    if (files.length === 0) faults.push('name a file with -f, or - for standard input');
    if (files.filter((file) => file === '-').length > 1) faults.push('-f -: there is one standard input');
    if (namespace !== undefined && !DNS_LABEL.test(namespace)) {
      faults.push(`--namespace: ${JSON.stringify(namespace)} is no name of a namespace`);
    }
    return faults;
  },
  async run(options, streams) {
    const { runReport } = await import('../report/run-report.ts');
    return await runReport(options, streams);
  },
};
