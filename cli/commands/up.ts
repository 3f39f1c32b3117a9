import { resolve } from 'node:path';
import type { ClusterFlags } from '../cluster/choose.ts';
import type { Command, Flag } from '../command.ts';
import { FEATURE_GATES_FLAG, parseFeatureGates } from '../feature-gates.ts';
import type { LogOptions } from '../log.ts';
import {
  CONFIG_FLAG,
  KITE_FLAGS,
  type KiteChoice,
  type KiteFlags,
  type KubeconfigFlags,
  kiteChoice,
  kiteFaults,
  kubeconfigFlags,
  LOG_FLAGS,
  type LogFlags,
  listenFaults,
  logOptions,
} from './flags.ts';

interface UpFlags extends LogFlags, KubeconfigFlags, KiteFlags {
  readonly config?: string;
  readonly cluster?: boolean;
  readonly stateDir?: string;
  readonly listen?: string;
  readonly featureGates?: string;
}

/** What `faultline up` was asked for; paths are absolute. */
export interface UpOptions {
  readonly config: string | undefined;
  readonly source: ClusterFlags;
  /** Undefined: `.faultline`, or `.faultline/clusters/<context>` for a live cluster. */
  readonly stateDir: string | undefined;
  /** Undefined: what the configuration says. */
  readonly listen: string | undefined;
  /** As it was typed. */
  readonly featureGates: string | undefined;
  readonly kite: KiteChoice;
  readonly log: LogOptions;
}

const flags: readonly Flag[] = [
  CONFIG_FLAG,
  { spelling: '--cluster', description: 'Watch the live cluster of your kubeconfig; nothing is written to it.' },
  ...kubeconfigFlags('The kubeconfig of that cluster (default: $KUBECONFIG, ~/.kube/config).'),
  {
    spelling: '--state-dir <folder>',
    description: 'Where everything is kept (default: .faultline, with --cluster .faultline/clusters/<context>).',
  },
  {
    spelling: '--listen <host:port>',
    description: 'Address to serve on; port 0 takes any free one (default: 127.0.0.1:7443).',
  },
  FEATURE_GATES_FLAG,
  ...KITE_FLAGS,
  ...LOG_FLAGS,
];

export const up: Command<UpFlags, UpOptions> = {
  name: 'up',
  summary: 'Start everything on this machine and serve kubectl.',
  description:
    'Start everything in one process: controllers watch a cluster or a folder of recorded objects, and kubectl reads ' +
    'the issues from https://127.0.0.1:7443. Without flags, the example cluster of this package.',
  environment: true,
  examples: [
    {
      comment: 'The example cluster; then: kubectl --kubeconfig .faultline/kubeconfig get issues -A',
      line: 'faultline up',
    },
    { comment: 'The cluster of your current context (read-only)', line: 'faultline up --cluster' },
    {
      comment: 'Another context, on another port',
      line: 'faultline up --cluster --context staging --listen 127.0.0.1:7444',
    },
    {
      comment: 'Also for clients of Kite, at http://127.0.0.1:8080',
      line: 'faultline up --kite-listen 127.0.0.1:8080 --kite-identity kite',
    },
  ],
  flags,
  complete({ flags: given }, streams) {
    const { config, cluster, kubeconfig, context, stateDir, listen, featureGates } = given;
    return {
      config,
      source: { cluster, kubeconfig, context },
      stateDir: stateDir === undefined ? undefined : resolve(streams.directory, stateDir),
      listen,
      featureGates,
      kite: kiteChoice(given),
      log: logOptions(given, streams, 'warn'),
    };
  },
  validate: ({ listen, kite, featureGates }) => [
    ...listenFaults(listen),
    ...kiteFaults(kite),
    ...parseFeatureGates(featureGates).faults,
  ],
  async run(options, streams) {
    const { runUp } = await import('../up/run-up.ts');
    return await runUp(options, streams);
  },
};
