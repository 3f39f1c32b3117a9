import { resolve } from 'node:path';
import type { Command } from '../command.ts';
import { didYouMean } from '../suggest.ts';

/** `set-api-url` and `reset` are the words of Kite's command line. */
export const CONFIG_ACTIONS = ['view', 'validate', 'schema', 'docs', 'set-api-url', 'reset'] as const;
export type ConfigAction = (typeof CONFIG_ACTIONS)[number];

export interface ConfigFlags {
  readonly config?: string;
  readonly output: 'yaml' | 'json';
}

export interface ConfigOptions {
  /** `view` when none was typed; anything else that was is told by validate. */
  readonly action: string;
  /** A file, a path in the configuration, a URL. */
  readonly argument: string | undefined;
  readonly config: string | undefined;
  readonly output: 'yaml' | 'json';
}

export const config: Command<ConfigFlags, ConfigOptions> = {
  name: 'config',
  parameters: '[action] [argument]',
  summary: 'Look at the configuration: as it counts, what is wrong with it, what it may say.',
  description:
    'view (default): the configuration as it counts, with every default. validate [FILE]: all that is wrong with it, with line and ' +
    'column, also in the options of controllers and in rules and receivers; exit code 1 when something is. schema: its JSON ' +
    'Schema, for editors. docs [PATH]: what may be said at a place of it, such as controllers or issues.flapping. In the words ' +
    'of Kite, set-api-url URL makes a server the one that is asked from now on, as --server does, and reset forgets it.',
  examples: [
    { comment: 'What counts here?', line: 'faultline config view' },
    { comment: 'In CI, before it is applied', line: 'faultline config validate faultline.yaml' },
    { comment: 'What may be said of controllers?', line: 'faultline config docs controllers' },
  ],
  flags: [
    {
      spelling: '--config <file>',
      description: 'The configuration (default: $FAULTLINE_CONFIG, ./faultline.yaml, else built in).',
    },
    { spelling: '-o, --output <format>', description: 'view: how.', choices: ['yaml', 'json'], default: 'yaml' },
  ],
  complete({ parameters: [action = 'view', argument], flags }, { directory }) {
    const file = action === 'validate' && argument !== undefined ? resolve(directory, argument) : flags.config;
    return { action, argument, config: file, output: flags.output };
  },
  validate({ action, argument }) {
    if (!(CONFIG_ACTIONS as readonly string[]).includes(action)) {
      return [`${JSON.stringify(action)} is none of ${CONFIG_ACTIONS.join(', ')}${didYouMean(action, CONFIG_ACTIONS)}`];
    }
    if (action === 'set-api-url') {
      return argument !== undefined && /^https?:\/\/./.test(argument) && URL.canParse(argument)
        ? []
        : ['config set-api-url needs a URL, for example https://127.0.0.1:7443'];
    }
    const takes = action === 'validate' || action === 'docs';
    return argument !== undefined && !takes ? [`config ${action} takes no argument`] : [];
  },
  async run(options, streams) {
    const { runConfig } = await import('../config/run-config.ts');
    return await runConfig(options, streams);
  },
};
