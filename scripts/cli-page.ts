import type { Described, Flag } from '../cli/command.ts';
import { commands } from '../cli/commands/index.ts';
import { OVERRIDE_FLAGS } from '../cli/commands/kubeconfig-flags.ts';

const HEAD = `# The command line

<!-- Written by \`npm run generate\` from the commands in cli/commands. -->

\`faultline\`, and the same as a kubectl plugin: \`kubectl faultline get -n shop\`. Commands that read and act use the Kubernetes
API with your kubeconfig, as kubectl does: contexts, exec plugins, OIDC, \`as:\`, a service account in a Pod. \`-n\`, \`--context\`,
\`--kubeconfig\` and the [flags of kubectl](#how-to-ask) may come before the command, too.

| exit code | |
| --- | --- |
| 0 | It was done. |
| 1 | It was not: one line says why and what to do. Of several issues or reports: at least one was refused, a line for each. |
| 2 | The command line cannot be right: one line for each fault. |
| 10 | \`get --exit-code\`: a critical issue is open. |
| 130 | It was stopped before it was done. |

On a terminal, severities have colours (not with \`NO_COLOR\`) and tables its width; pipes get all of the text. Whatever a
cluster or a webhook wrote, no control character of it reaches your terminal. \`-o csv\` has columns that stay and times in RFC 3339, and
an apostrophe before what a spreadsheet would calculate. \`-o jsonpath\` is that of kubectl.
`;

/** The flags that many commands have and no `--help` lists. */
const SHARED = [
  '## How to ask',
  '',
  'Commands that ask a server take these of kubectl besides `--kubeconfig` and `--context`. They are stronger than the kubeconfig.',
  '',
  ...['| flag | |', '| --- | --- |', ...OVERRIDE_FLAGS.map(flagLine)],
  '',
  '## In a shell',
  '',
  '`faultline completion bash|zsh|fish` prints a script that completes commands, flags, their values, namespaces, issues and groups,',
  'as the server knows them (it is given two seconds, and silence is no candidate). `kubectl faultline` is completed by kubectl 1.26 or newer, which asks',
  '`kubectl_complete-faultline` on the PATH; npm installs it, and `faultline completion kubectl` prints it.',
  '',
  '```sh',
  'source <(faultline completion bash)',
  '```',
  '',
  '## Coming from the command line of Kite',
  '',
  '| Kite | here |',
  '| --- | --- |',
  '| `konflux-issues list -n NS -t build -s critical` | `faultline list -n NS -t build -s critical`, or `get` |',
  '| `konflux-issues details -i ID -n NS` | `faultline details -i NAME -n NS`, or `describe` |',
  '| `konflux-issues search TEXT` | `faultline search TEXT` |',
  '| `konflux-issues resolve -i ID` | `faultline resolve -i NAME`, or without `-i` |',
  '| `konflux-issues config set-api-url URL` | `faultline config set-api-url URL`; `config reset` forgets it |',
  '',
  'Issues have names here. Ids of Kite are understood where the server itself is asked: `faultline up`, or after `config set-api-url`. Who',
  'asks is known by the kubeconfig, and what they may is decided by RBAC, so a URL alone gives no access.',
  '',
];

/** docs/cli.md: every command with its flags and examples. */
export async function cliPage(): Promise<string> {
  const described = await Promise.all(commands.filter(({ hidden }) => !hidden).map((command) => command.load()));
  const sections = new Map(commands.map(({ name, section = '' }) => [name, section.replace(/:$/, '')]));
  const index = described.map(({ name, summary }, at) => {
    const section = sections.get(name) ?? '';
    const isFirst = at === 0 || section !== sections.get(described[at - 1]?.name ?? '');
    return `| ${isFirst ? section : ''} | [\`${name}\`](#faultline-${name}) | ${cell(summary)} |`;
  });
  return [
    HEAD,
    '| | command | |',
    '| --- | --- | --- |',
    ...index,
    '',
    ...SHARED,
    ...described.flatMap(commandLines),
    '',
  ].join('\n');
}

function commandLines({ name, aliases = [], parameters, description, flags, examples }: Described): string[] {
  const shown = flags.filter(({ hidden }) => !hidden);
  const more = shown.length === flags.length ? [] : ['', 'And [how to ask](#how-to-ask).'];
  const also = aliases.length === 0 ? [] : ['', `Also \`${aliases.join('`, `')}\`.`];
  const usage = ['faultline', name, ...(parameters === undefined ? [] : [parameters]), '[flags]'].join(' ');
  return [
    ...['', `## faultline ${name}`, '', '```', usage, '```', '', escaped(description), ...also, '', '```sh'],
    ...examples.flatMap(({ comment, line }) => [`# ${comment}`, line]),
    '```',
    ...(shown.length === 0 ? [] : ['', '| flag | |', '| --- | --- |', ...shown.map(flagLine)]),
    ...more,
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
