import type { Command } from '../command.ts';
import { THEME_NAMES, type ThemeName } from '../tui/look/theme.ts';
import { type ConnectionFlags, connectionOf } from './kubeconfig-flags.ts';
import { NAMESPACE_FLAG, READING_FLAGS, readingFaults } from './reading.ts';

interface UiFlags extends ConnectionFlags {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly all?: boolean;
  readonly filter?: string;
  readonly view?: string;
  readonly theme?: ThemeName;
  readonly ascii?: boolean;
  readonly screenReader?: boolean;
  readonly from?: string;
  readonly config?: string;
}

export interface UiOptions extends ConnectionFlags {
  /** Undefined: all, or that of the context where all may not be listed. */
  readonly namespace: string | undefined;
  readonly allNamespaces: boolean;
  /** Resolved issues, too. */
  readonly all: boolean;
  /** As after `/`. */
  readonly filter: string | undefined;
  /** A saved view. */
  readonly view: string | undefined;
  readonly theme: ThemeName | undefined;
  readonly ascii: boolean;
  readonly screenReader: boolean;
  /** Recorded objects instead of a cluster. */
  readonly from: string | undefined;
  readonly config: string | undefined;
}

export const ui: Command<UiFlags, UiOptions> = {
  name: 'ui',
  summary: 'Watch what is broken on the full screen.',
  description:
    'Show the issues of all namespaces, or of the one that you may list, as they change. ? shows the keys, q leaves. ' +
    'Without a command, faultline opens this on a terminal.',
  examples: [
    { comment: 'What is broken, live', line: 'faultline ui' },
    { comment: 'The worst of some teams', line: "faultline ui --filter 'sev>=major ns:team-*'" },
    { comment: 'A must-gather, without a cluster', line: 'faultline ui --from must-gather/' },
  ],
  flags: [
    { ...NAMESPACE_FLAG, description: 'Of the issues (default: all, else that of the context).' },
    { spelling: '-A, --all-namespaces', description: 'Of all namespaces (the default).' },
    { spelling: '--all', description: 'Resolved issues, too.' },
    {
      spelling: '--filter <filter>',
      description: 'As after /: text, sev:critical, ns:team-*, age>1h, !type:test, ~fuzzy.',
    },
    { spelling: '--view <name>', description: 'A view that was saved with :save.' },
    { spelling: '--theme <theme>', description: 'Its colours.', choices: THEME_NAMES },
    { spelling: '--ascii', description: 'Without Unicode (default: what the locale says).' },
    { spelling: '--screen-reader', description: 'Lines for a screen reader ($INK_SCREEN_READER=true).' },
    {
      spelling: '--from <folder>',
      description: 'Recorded objects instead of a cluster, as faultline replay reads them.',
    },
    // Not that of flags.ts, which loads a server.
    { spelling: '--config <file>', description: 'The configuration of --from (default: as of faultline replay).' },
    ...READING_FLAGS,
  ],
  complete: ({ flags }) => ({
    namespace: flags.namespace,
    allNamespaces: flags.allNamespaces ?? false,
    all: flags.all ?? false,
    filter: flags.filter,
    view: flags.view,
    theme: flags.theme,
    ascii: flags.ascii ?? false,
    screenReader: flags.screenReader ?? false,
    from: flags.from,
    config: flags.config,
    ...connectionOf(flags),
  }),
  validate: ({ namespace, allNamespaces, from, kubeconfig, context, config }) => [
    ...readingFaults({ namespace, asOf: undefined }),
    ...(allNamespaces && namespace !== undefined ? ['--all-namespaces and --namespace say two things at once'] : []),
    ...(from !== undefined && (kubeconfig ?? context) !== undefined
      ? ['--from asks no cluster: leave out --kubeconfig and --context']
      : []),
    ...(from === undefined && config !== undefined
      ? ['--config is for --from: a cluster has its own controllers']
      : []),
  ],
  async run(options, streams) {
    const { runUi } = await import('../tui/run-ui.ts');
    return await runUi(options, streams);
  },
};
