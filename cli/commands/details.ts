import type { Command } from '../command.ts';
import { type GetOptions, getOptions } from './get.ts';
import {
  issueNames,
  NAMESPACE_FLAG,
  nameFaults,
  OBJECT_OUTPUTS,
  type ObjectOutput,
  objectOutputFlag,
  READING_FLAGS,
  type ReadingFlags,
  readingFaults,
} from './reading.ts';

export interface DetailsFlags extends ReadingFlags {
  readonly id?: string;
  readonly output: ObjectOutput;
}

export interface DetailsOptions {
  /** What `get` would be asked for. */
  readonly get: GetOptions;
  readonly name: string;
  readonly output: ObjectOutput;
}

export const details: Command<DetailsFlags, DetailsOptions> = {
  name: 'details',
  parameters: '[name]',
  summary: 'Show all that is known of an issue, in the words of Kite: see describe.',
  description:
    'The same as describe, and with -o as get, with the flags of the command line of Kite. -i takes the name of an issue, or, ' +
    'where the server is asked directly (faultline up, config set-api-url), its id.',
  examples: [
    { comment: 'An issue that list showed', line: 'faultline details -i component-payments-mfrggzdf -n shop' },
  ],
  flags: [
    NAMESPACE_FLAG,
    { spelling: '-i, --id <issue>', description: 'Which issue: its name or its id.' },
    objectOutputFlag(OBJECT_OUTPUTS),
    ...READING_FLAGS,
  ],
  complete({ parameters, flags: { id, output, ...flags } }) {
    const [name = ''] = issueNames(id === undefined ? parameters : [id]);
    return { get: getOptions([name], output === 'text' ? flags : { ...flags, output }), name, output };
  },
  validate: ({ get, name }) => [
    ...readingFaults(get),
    ...(name === '' ? ['say which issue: -i NAME'] : nameFaults([name])),
  ],
  async run({ get, name, output }, streams) {
    const { resolvedId } = await import('../reading/resolved-id.ts');
    const at = await resolvedId(get, name, streams);
    if (output === 'text') {
      const { runDescribe } = await import('../reading/run-describe.ts');
      return await runDescribe({ ...get, ...at, names: [at.name] }, streams);
    }
    const { runGet } = await import('../reading/run-get.ts');
    return await runGet({ ...get, ...at, names: [at.name] }, streams);
  },
};
