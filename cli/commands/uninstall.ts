import { DNS_LABEL } from '../../crds/names.ts';
import type { Command } from '../command.ts';
import { type KubeconfigFlags, kubeconfigFlags } from './flags.ts';

interface UninstallFlags extends KubeconfigFlags {
  readonly namespace: string;
  readonly crds?: boolean;
  readonly keepNamespace?: boolean;
  readonly deleteVolumes?: boolean;
  readonly yes?: boolean;
}

/** What `faultline uninstall` was asked for. */
export interface UninstallOptions {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string;
  /** Rules and receivers go, too. */
  readonly crds: boolean;
  readonly keepNamespace: boolean;
  /** An embedded database goes with its namespace. */
  readonly deleteVolumes: boolean;
  /** False: only say what would be deleted. */
  readonly yes: boolean;
}

export const uninstall: Command<UninstallFlags, UninstallOptions> = {
  name: 'uninstall',
  summary: 'Take Faultline out of a cluster, in the right order.',
  description:
    'Deletes the APIService first and waits until it is gone, since an API without its server keeps every namespace of the ' +
    'cluster from being deleted; then the processes, their rights, and the namespace. Says what it would delete; deletes with ' +
    '--yes. Keeps an external database, volumes and, unless --crds is given, the CustomResourceDefinitions. Can be run again, ' +
    'also after somebody began in the wrong order.',
  examples: [
    { comment: 'What would go', line: 'faultline uninstall' },
    { comment: 'All of it, rules and receivers too', line: 'faultline uninstall --yes --crds' },
  ],
  flags: [
    ...kubeconfigFlags('The cluster (default: $KUBECONFIG, ~/.kube/config).'),
    {
      spelling: '-n, --namespace <name>',
      description: 'Where Faultline is installed.',
      default: 'faultline-system',
    },
    {
      spelling: '--crds',
      description: 'Also delete the kinds of rules and receivers, and with them every one of these.',
    },
    { spelling: '--keep-namespace', description: 'Leave the namespace, with what is not ours in it.' },
    {
      spelling: '--delete-volumes',
      description:
        'Delete the namespace though it holds volumes: the database of an installation that has it embedded.',
    },
    { spelling: '--yes', description: 'Delete.' },
  ],
  complete: ({ flags }) => ({
    ...{ kubeconfig: flags.kubeconfig, context: flags.context, namespace: flags.namespace },
    ...{ crds: flags.crds ?? false, keepNamespace: flags.keepNamespace ?? false },
    ...{ deleteVolumes: flags.deleteVolumes ?? false, yes: flags.yes ?? false },
  }),
  validate: ({ namespace }) => (DNS_LABEL.test(namespace) ? [] : [`"${namespace}" is no namespace name`]),
  async run(options, streams) {
    const { runUninstall } = await import('../uninstall/run-uninstall.ts');
    return await runUninstall(options, streams);
  },
};
