import type { Command } from '../command.ts';
import { connectionOf } from './kubeconfig-flags.ts';
import {
  NAMESPACE_FLAG,
  NO_PAST_FLAG,
  OBJECT_OUTPUTS,
  type ObjectOutput,
  objectOutputFlag,
  READING_FLAGS,
  type ReadingFlags,
  type ReadingOptions,
  readingFaults,
} from './reading.ts';

export interface DoctorFlags extends ReadingFlags {
  readonly output: ObjectOutput;
}

export interface DoctorOptions extends ReadingOptions {
  readonly output: ObjectOutput;
}

export const doctor: Command<DoctorFlags, DoctorOptions> = {
  name: 'doctor',
  summary: 'Find out why there are no issues, and what to do about it.',
  description:
    'Check everything between you and the issues of a namespace, with your rights: the kubeconfig, the API server, clocks, ' +
    'versions, the APIService and its certificate, discovery, your rights, the database, the controllers. What is wrong comes ' +
    'with what to do. Nothing is changed. Exit code 1 when something is wrong. Why there is no issue for one object is explain.',
  examples: [
    { comment: 'Why do I see no issues?', line: 'faultline doctor' },
    { comment: 'In another namespace, for a bug report', line: 'faultline doctor -n shop -o yaml' },
  ],
  flags: [
    { ...NAMESPACE_FLAG, description: 'Where issues are missed (default: that of the context).' },
    objectOutputFlag(OBJECT_OUTPUTS),
    NO_PAST_FLAG,
    ...READING_FLAGS,
  ],
  complete: ({ flags }) => ({
    ...connectionOf(flags),
    ...{ namespace: flags.namespace, asOf: flags.asOf, output: flags.output },
  }),
  validate: (options) => [
    ...readingFaults(options),
    ...(options.asOf === undefined
      ? []
      : ['--as-of: what is wrong now is what can be looked at; how things were is faultline get --as-of']),
  ],
  async run(options, streams) {
    const { runDoctor } = await import('../doctor/run-doctor.ts');
    return await runDoctor(options, streams);
  },
};
