import type { Command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { packageVersion } from '../package-info.ts';

interface VersionOptions {
  readonly output: 'text' | 'json';
}

export const version: Command<VersionOptions, VersionOptions> = {
  name: 'version',
  summary: 'Print the version.',
  description: 'Print the version of faultline and of the Node.js it runs on.',
  examples: [{ comment: 'For a bug report', line: 'faultline version' }],
  flags: [
    { spelling: '-o, --output <format>', description: 'text or json.', choices: ['text', 'json'], default: 'text' },
  ],
  complete: ({ flags }) => flags,
  validate: () => [],
  async run({ output }, { out }) {
    const found = {
      version: packageVersion(),
      node: process.versions.node,
      platform: `${process.platform}/${process.arch}`,
    };
    out.write(
      output === 'json'
        ? `${JSON.stringify(found, null, 4)}\n`
        : `faultline ${found.version} (Node.js ${found.node}, ${found.platform})\n`,
    );
    return EXIT.ok;
  },
};
