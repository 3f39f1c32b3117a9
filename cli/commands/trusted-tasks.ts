import { DNS_LABEL, DNS_SUBDOMAIN } from '../../crds/names.ts';
import type { Command } from '../command.ts';
import { type ArtifactReference, parseReference } from '../oci/reference.ts';
import { type KubeconfigFlags, kubeconfigFlags } from './flags.ts';

interface TrustedTasksFlags extends KubeconfigFlags {
  readonly namespace: string;
  readonly name: string;
  readonly authFile?: string;
  readonly apply?: boolean;
  readonly output: 'yaml' | 'json';
}

export interface TrustedTasksOptions extends KubeconfigFlags {
  readonly references: readonly ArtifactReference[];
  /** What was typed and names no artifact. */
  readonly wrong: readonly string[];
  readonly namespace: string;
  readonly name: string;
  readonly authFile: string | undefined;
  readonly apply: boolean;
  readonly output: 'yaml' | 'json';
}

export const trustedTasks: Command<TrustedTasksFlags, TrustedTasksOptions> = {
  name: 'trusted-tasks',
  parameters: '<artifacts...>',
  summary: 'Make a ConfigMap for konflux/task-bundles of a list of trusted tasks in a registry.',
  description:
    'Read which Tekton task bundles are trusted, and until when, from the OCI artifacts in which Konflux publishes it, and print the ' +
    'ConfigMap that the controller konflux/task-bundles reads; with --apply write it into the cluster, for a CronJob. Digests are ' +
    'checked. Registries are asked by https, their authorities are those of Node (NODE_EXTRA_CA_CERTS adds some).',
  examples: [
    {
      comment: 'What Konflux publishes',
      line: 'faultline trusted-tasks quay.io/konflux-ci/tekton-catalog/data-acceptable-bundles:latest | kubectl apply --server-side -f -',
    },
    {
      comment: 'From a registry that wants credentials, into the cluster of the pod',
      line: 'faultline trusted-tasks registry.example.com/catalog/data-acceptable-bundles --auth-file config.json --apply',
    },
  ],
  flags: [
    {
      spelling: '-n, --namespace <namespace>',
      description: 'Of the ConfigMap: policyNamespace of the controller.',
      default: 'enterprise-contract-service',
    },
    { spelling: '--name <name>', description: 'Of the ConfigMap.', default: 'trusted-tasks' },
    {
      spelling: '--auth-file <file>',
      description: 'Credentials as docker login writes them; credential helpers are not run (default: anonymous).',
    },
    { spelling: '--apply', description: 'Write it into the cluster instead of printing it.' },
    { spelling: '-o, --output <format>', description: 'What to print.', choices: ['yaml', 'json'], default: 'yaml' },
    ...kubeconfigFlags('For --apply. Default: $KUBECONFIG, ~/.kube/config, else the pod.'),
  ],
  complete({ parameters, flags: { namespace, name, authFile, apply = false, output, ...flags } }) {
    const references = parameters.flatMap((text) => parseReference(text) ?? []);
    const wrong = parameters.filter((text) => parseReference(text) === undefined);
    return { ...flags, references, wrong, namespace, name, authFile, apply, output };
  },
  validate({ references, wrong, namespace, name }) {
    const faults = wrong.map(
      (text) => `"${text}" names no artifact: quay.io/ORG/NAME:TAG or quay.io/ORG/NAME@sha256:DIGEST`,
    );
    const repositories = references.map(({ registry, repository }) => `${registry}/${repository}`);
    const twice = repositories.find((one, index) => repositories.indexOf(one) !== index);
    if (twice !== undefined) faults.push(`${twice} is named twice`);
    if (!DNS_LABEL.test(namespace)) faults.push(`--namespace: "${namespace}" is no namespace name`);
    if (!DNS_SUBDOMAIN.test(name)) faults.push(`--name: "${name}" is no object name`);
    return faults;
  },
  async run(options, streams) {
    const { runTrustedTasks } = await import('../trusted-tasks/run-trusted-tasks.ts');
    return await runTrustedTasks(options, streams);
  },
};
