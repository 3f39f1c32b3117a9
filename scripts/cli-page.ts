import type { Described, Flag } from '../cli/command.ts';
import { commands } from '../cli/commands/index.ts';

const HEAD = `# The command line

<!-- Written by \`npm run generate\` from the commands in cli/commands. -->

\`faultline\`, and the same as a kubectl plugin: \`kubectl faultline get -n shop\`. Commands that read and act use the Kubernetes
API with your kubeconfig, as kubectl does: contexts, exec plugins, OIDC, a service account in a Pod. \`-n\`, \`--context\` and
\`--kubeconfig\` may come before the command, too.

| exit code | |
| --- | --- |
| 0 | It was done. |
| 1 | It was not: one line says why and what to do. |
| 2 | The command line cannot be right: one line for each fault. |
| 10 | \`get --exit-code\`: a critical issue is open. |
| 130 | It was stopped before it was done. |

On a terminal, severities have colours (not with \`NO_COLOR\`) and tables its width; pipes get all of the text. Whatever a
cluster or a webhook wrote, no control character of it reaches your terminal. \`-o csv\` has columns that stay and times in RFC 3339, and
an apostrophe before what a spreadsheet would calculate. \`-o jsonpath\` is that of kubectl.
`;

/** docs/cli.md: every command with its flags and examples. */
export async function cliPage(): Promise<string> {
  const described = await Promise.all(commands.map((command) => command.load()));
  const index = described.map(({ name, summary }) => `| [\`${name}\`](#faultline-${name}) | ${cell(summary)} |`);
  return [HEAD, '| command | |', '| --- | --- |', ...index, ...described.flatMap(commandLines), ''].join('\n');
}

function commandLines({ name, parameters, description, flags, examples }: Described): string[] {
  const usage = ['faultline', name, ...(parameters === undefined ? [] : [parameters]), '[flags]'].join(' ');
  return [
    ...['', `## faultline ${name}`, '', '```', usage, '```', '', escaped(description), '', '```sh'],
    ...examples.flatMap(({ comment, line }) => [`# ${comment}`, line]),
    '```',
    ...(flags.length === 0 ? [] : ['', '| flag | |', '| --- | --- |', ...flags.map(flagLine)]),
  ];
}

function flagLine({ spelling, description, choices, default: byDefault, repeated }: Flag): string {
  const more = [
    ...(choices === undefined ? [] : [`One of ${choices.map((choice) => `\`${choice}\``).join(', ')}.`]),
    ...(repeated ? ['May be given several times.'] : []),
    ...(byDefault === undefined || byDefault === false ? [] : [`Default: \`${String(byDefault)}\`.`]),
  ];
  return `| \`${spelling.replaceAll('|', '\\|')}\` | ${[cell(description), ...more].join(' ')} |`;
}

function escaped(text: string): string {
  return text.replace(/[<>]/g, '\\$&');
}

function cell(text: string): string {
  return escaped(text).replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}
