import { DNS_LABEL, DNS_SUBDOMAIN } from '../../crds/names.ts';
import type { Command } from '../command.ts';
import type { Account } from '../rbac/rbac-objects.ts';
import { CONFIG_FLAG, type KubeconfigFlags, kubeconfigFlags } from './flags.ts';

interface RbacFlags extends KubeconfigFlags {
  readonly config?: string;
  readonly serviceAccount: string;
  readonly leases: boolean;
  readonly rules: boolean;
  readonly output: 'yaml' | 'json';
}

export interface RbacOptions extends KubeconfigFlags {
  readonly config: string | undefined;
  readonly account: Account;
  /** For an election among several processes. */
  readonly leases: boolean;
  /** To follow the rules that people create in the cluster. */
  readonly rules: boolean;
  readonly output: 'yaml' | 'json';
}

export const rbac: Command<RbacFlags, RbacOptions> = {
  name: 'rbac',
  summary: 'Print the rights that the controllers of a configuration need.',
  description:
    'Print the ClusterRole, or with namespaces without globs the Roles, that the configured controllers need, bound to ' +
    'their ServiceAccount. How kinds are called is guessed, or asked of a cluster that is named.',
  examples: [
    { comment: 'Grant exactly what is needed', line: 'faultline rbac -f faultline.yaml | kubectl apply -f -' },
    {
      comment: 'For another account, with the kinds as a cluster serves them',
      line: 'faultline rbac -f faultline.yaml --service-account ci/watcher --context production',
    },
  ],
  flags: [
    { ...CONFIG_FLAG, spelling: `-f, ${CONFIG_FLAG.spelling}` },
    {
      spelling: '--service-account <namespace/name>',
      description: 'Who gets the rights.',
      default: 'faultline-system/faultline-controllers',
    },
    { spelling: '--no-leases', description: 'Leave out the Leases of an election, where one process runs alone.' },
    { spelling: '--no-rules', description: 'Leave out the IssueRules that people create in the cluster.' },
    { spelling: '-o, --output <format>', description: 'What to print.', choices: ['yaml', 'json'], default: 'yaml' },
    ...kubeconfigFlags('A cluster to ask how its kinds are called (default: they are guessed).'),
  ],
  complete({ flags: { config, serviceAccount, leases, rules, output, ...flags } }) {
    const [namespace = '', ...name] = serviceAccount.split('/');
    return { ...flags, config, account: { namespace, name: name.join('/') }, leases, rules, output };
  },
  validate({ account: { namespace, name } }) {
    if (DNS_LABEL.test(namespace) && DNS_SUBDOMAIN.test(name)) return [];
    return ['--service-account must be NAMESPACE/NAME, for example faultline-system/faultline-controllers'];
  },
  async run(options, streams) {
    const { runRbac } = await import('../rbac/run-rbac.ts');
    return await runRbac(options, streams);
  },
};
