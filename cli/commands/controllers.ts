import { resolve } from 'node:path';
import { parseDuration } from '../../crds/duration.ts';
import type { LeaderElectionConfiguration } from '../../crds/leader-election.ts';
import type { Command } from '../command.ts';
import type { LogOptions } from '../log.ts';
import {
  CONFIG_FLAG,
  type KubeconfigFlags,
  kubeconfigFlags,
  LOG_FLAGS,
  type LogFlags,
  listenFaults,
  logOptions,
} from './flags.ts';

interface ControllersFlags extends LogFlags, KubeconfigFlags {
  readonly config?: string;
  readonly server?: string;
  readonly serverCaFile?: string;
  readonly tokenFile?: string;
  readonly clientCertFile?: string;
  readonly clientKeyFile?: string;
  readonly name?: string;
  readonly metricsListen?: string;
  readonly debugListen?: string;
  readonly serverReplicas?: string;
  readonly leaderElect?: boolean | 'true' | 'false';
  readonly leaderElectNamespace?: string;
  readonly leaderElectLeaseDuration?: string;
  readonly leaderElectRenewDeadline?: string;
  readonly leaderElectRetryPeriod?: string;
  readonly relistPeriod?: string;
}

/** What `faultline controllers` was asked for; paths are absolute. */
export interface ControllersOptions {
  readonly config: string | undefined;
  /** `https://host:port` of `faultline server`. */
  readonly server: string;
  readonly serverCaFile: string | undefined;
  /** Who the controllers are towards the server: a token, or a certificate with its key. */
  readonly tokenFile: string | undefined;
  readonly clientCertFile: string | undefined;
  readonly clientKeyFile: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** A name with the addresses of all processes of the server; undefined: `server` is one. */
  readonly serverReplicas: string | undefined;
  /** Who leads the sources. */
  readonly name: string;
  /** What the flags say about the election; stronger than the configuration. */
  readonly leaderElection: Partial<LeaderElectionConfiguration>;
  /** Undefined: neither metrics nor health are served. */
  readonly metricsListen: string | undefined;
  /** Undefined: `/debug` is not served. */
  readonly debugListen: string | undefined;
  /** A duration: how often everything is listed again to check the watches. `0s`: never. */
  readonly relistPeriod: string;
  readonly log: LogOptions;
}

function electionFlags(flags: ControllersFlags): Partial<LeaderElectionConfiguration> {
  const { leaderElect, leaderElectNamespace, leaderElectLeaseDuration, leaderElectRenewDeadline } = flags;
  const given = {
    enabled: leaderElect === undefined ? undefined : String(leaderElect) === 'true',
    namespace: leaderElectNamespace,
    leaseDuration: leaderElectLeaseDuration,
    renewDeadline: leaderElectRenewDeadline,
    retryPeriod: flags.leaderElectRetryPeriod,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function durationFaults(given: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(given).flatMap(([flag, text]) => {
    try {
      if (text !== undefined) parseDuration(text);
      return [];
    } catch (error) {
      return [`${flag}: ${(error as Error).message}`];
    }
  });
}

/** Without TLS a token belongs on no network: `kubectl port-forward` reaches the loopback interface of a pod. */
function debugFaults(listen: string | undefined): string[] {
  const faults = listenFaults(listen, '--debug-listen');
  if (listen === undefined || faults.length > 0) return faults;
  if (/^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):/.test(listen)) return [];
  return [`--debug-listen: ${listen} is not of this machine alone, and tokens come there without TLS: use 127.0.0.1`];
}

export const controllers: Command<ControllersFlags, ControllersOptions> = {
  name: 'controllers',
  summary: 'Run the controllers of a configuration against a server.',
  description:
    'Watch a cluster with the configured controllers and report to a faultline server. Of several replicas in a cluster ' +
    'one leads, by a Lease, which is all that is written to the cluster; without an election run one process.',
  environment: true,
  examples: [
    {
      comment: 'In a pod, by its service account',
      line: 'faultline controllers --server https://faultline.faultline-system.svc --server-ca-file ca.crt --token-file token',
    },
    {
      comment: 'Outside, with a client certificate',
      line: 'faultline controllers --server https://127.0.0.1:7443 --server-ca-file ca.crt --client-cert-file tls.crt --client-key-file tls.key --kubeconfig admin.kubeconfig',
    },
  ],
  flags: [
    CONFIG_FLAG,
    { spelling: '--server <url>', description: 'The faultline server to report to.' },
    {
      spelling: '--server-ca-file <file>',
      description: 'The authority of its certificate, PEM; read again for every connection (default: those of Node).',
    },
    {
      spelling: '--server-replicas <name[:port]>',
      description:
        'A name that resolves to every replica of the server (a headless Service), for faultline explain (default: one replica).',
    },
    { spelling: '--token-file <file>', description: 'A bearer token to report with; read again every ten seconds.' },
    {
      spelling: '--client-cert-file <file>',
      description: 'A client certificate to report with, PEM; read again, too.',
    },
    { spelling: '--client-key-file <file>', description: 'Its key, PEM.' },
    ...kubeconfigFlags('The cluster to watch (default: that of the configuration, of the pod).'),
    {
      spelling: '--name <name>',
      // A pod's name would not do: its successor could not tell which sources were dropped meanwhile (row 8).
      description: 'Who leads the sources; must stay the same over restarts (default: faultline-controllers).',
    },
    {
      spelling: '--leader-elect [boolean]',
      description: 'Whether one of several replicas leads (default: in a pod that watches its own cluster).',
      choices: ['true', 'false'],
    },
    {
      spelling: '--leader-elect-namespace <namespace>',
      description: "Where the Lease is (default: the namespace of the pod, else of the kubeconfig's context).",
    },
    {
      spelling: '--leader-elect-lease-duration <duration>',
      description: 'How long others wait after the last renewal that they saw (default: 15s).',
    },
    {
      spelling: '--leader-elect-renew-deadline <duration>',
      description: 'How long after its last renewal a leader goes on (default: 10s).',
    },
    {
      spelling: '--leader-elect-retry-period <duration>',
      description: 'Between two renewals, and attempts of the others (default: 2s).',
    },
    { spelling: '--metrics-listen <host:port>', description: 'Serve /metrics, /livez and /readyz there, without TLS.' },
    {
      spelling: '--debug-listen <host:port>',
      description:
        'Serve /debug there, for tokens of the cluster whose users may get it; a loopback address, for kubectl port-forward (default: nowhere).',
    },
    {
      spelling: '--relist-period <duration>',
      description:
        'How often everything is listed again to check that the watches told all of it, a tenth more or less; 0s: never (default: 12h).',
    },
    ...LOG_FLAGS,
  ],
  complete({ flags }, streams) {
    const path = (file: string | undefined) => (file === undefined ? undefined : resolve(streams.directory, file));
    const { config, server = '', serverReplicas, kubeconfig, context, metricsListen, debugListen } = flags;
    return {
      ...{ config, serverReplicas, kubeconfig, context, metricsListen, debugListen },
      server: server.replace(/\/+$/, ''),
      serverCaFile: path(flags.serverCaFile),
      tokenFile: path(flags.tokenFile),
      clientCertFile: path(flags.clientCertFile),
      clientKeyFile: path(flags.clientKeyFile),
      name: flags.name ?? 'faultline-controllers',
      leaderElection: electionFlags(flags),
      relistPeriod: flags.relistPeriod ?? '12h',
      log: logOptions(flags, streams, 'info'),
    };
  },
  validate(options) {
    const { server, tokenFile, clientCertFile, clientKeyFile, metricsListen, debugListen, relistPeriod } = options;
    const { leaderElection } = options;
    const faults = [...listenFaults(metricsListen, '--metrics-listen'), ...debugFaults(debugListen)];
    const { leaseDuration, renewDeadline, retryPeriod } = leaderElection;
    faults.push(
      ...durationFaults({
        '--relist-period': relistPeriod,
        '--leader-elect-lease-duration': leaseDuration,
        '--leader-elect-renew-deadline': renewDeadline,
        '--leader-elect-retry-period': retryPeriod,
      }),
    );
    if (!/^https:\/\/[^/]+$/.test(server) || !URL.canParse(server)) {
      faults.push('--server must be the https:// URL of a faultline server, without a path');
    }
    if ((clientCertFile === undefined) !== (clientKeyFile === undefined)) {
      faults.push('--client-cert-file and --client-key-file belong together');
    }
    if (tokenFile === undefined && clientCertFile === undefined) {
      faults.push('say who the controllers are: --token-file, or --client-cert-file with --client-key-file');
    }
    return faults;
  },
  async run(options, streams) {
    const { runControllers } = await import('../controllers/run-controllers.ts');
    return await runControllers(options, streams);
  },
};
