import type { Command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { didYouMean } from '../suggest.ts';

export const SHELLS = ['bash', 'zsh', 'fish', 'kubectl'] as const;
export type Shell = (typeof SHELLS)[number];

export interface CompletionOptions {
  /** One of SHELLS, once it is validated. */
  readonly shell: string;
}

export const completion: Command<object, CompletionOptions> = {
  name: 'completion',
  parameters: '<bash|zsh|fish|kubectl>',
  summary: 'Print what makes a shell complete commands, flags and names.',
  description:
    'Print a script for your shell: it completes commands, flags and their values, and asks the server for namespaces, issues and ' +
    'groups. For kubectl faultline it prints an executable that kubectl (1.26 or newer) asks, when it is on the PATH as ' +
    'kubectl_complete-faultline; npm installs it.',
  examples: [
    { comment: 'fish', line: 'faultline completion fish > ~/.config/fish/completions/faultline.fish' },
    { comment: 'bash, in ~/.bashrc', line: 'source <(faultline completion bash)' },
    { comment: 'zsh, in ~/.zshrc after compinit', line: 'source <(faultline completion zsh)' },
    {
      comment: 'kubectl faultline, where npm did not install it',
      line: 'faultline completion kubectl > kubectl_complete-faultline && chmod +x kubectl_complete-faultline',
    },
  ],
  flags: [],
  complete: ({ parameters: [shell = ''] }) => ({ shell }),
  validate: ({ shell }) =>
    (SHELLS as readonly string[]).includes(shell)
      ? []
      : [`${JSON.stringify(shell)} is none of ${SHELLS.join(', ')}${didYouMean(shell, SHELLS)}`],
  async run({ shell }, { out }) {
    const { COMPLETION_SCRIPTS } = await import('../completion/scripts.ts');
    out.write(COMPLETION_SCRIPTS[shell as Shell]);
    return EXIT.ok;
  },
};
