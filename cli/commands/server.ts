import { resolve } from 'node:path';
import { parseDuration } from '../../crds/duration.ts';
import type { Command } from '../command.ts';
import { FEATURE_GATES_FLAG, parseFeatureGates } from '../feature-gates.ts';
import type { LogOptions } from '../log.ts';
import {
  CERTIFICATE_FLAGS,
  type CertificateChoice,
  type CertificateFlags,
  certificateChoice,
  certificateFaults,
} from './certificate-flags.ts';
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

interface ServerFlags extends LogFlags, KubeconfigFlags, KiteFlags, CertificateFlags {
  readonly config?: string;
  readonly listen?: string;
  readonly databaseUrlFile?: string;
  readonly database?: 'embedded';
  readonly stateDir?: string;
  readonly shutdownDelay: string;
  readonly featureGates?: string;
}

/** What `faultline server` was asked for; paths are absolute. */
export interface ServeOptions {
  readonly config: string | undefined;
  readonly listen: string | undefined;
  readonly certificates: CertificateChoice;
  /** Undefined: what the configuration says. */
  readonly databaseUrlFile: string | undefined;
  /** PGlite, whatever the configuration says. */
  readonly embedded: boolean;
  /** Of an embedded database. */
  readonly stateDir: string;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** How long `/readyz` fails before connections are refused, as a duration. */
  readonly shutdownDelay: string;
  /** As it was typed. */
  readonly featureGates: string | undefined;
  readonly kite: KiteChoice;
  readonly log: LogOptions;
}

export const server: Command<ServerFlags, ServeOptions> = {
  name: 'server',
  summary: 'Serve the aggregated API in a cluster.',
  description:
    'Serve faultline.dev/v1alpha1 behind the aggregator of a cluster: front-proxy, certificate and token callers are ' +
    'authenticated and authorized by that cluster (TokenReview, SubjectAccessReview). Migrates its database at start.',
  environment: true,
  examples: [
    {
      comment: 'In a pod, with PostgreSQL',
      line: 'faultline server --listen :7443 --tls-cert-file tls.crt --tls-key-file tls.key --database-url-file /run/secrets/db',
    },
    {
      comment: 'In a pod, with certificates of its own',
      line: 'faultline server --listen :7443 --certificates managed --database-url-file /run/secrets/db',
    },
    {
      comment: 'Outside, for a cluster under test',
      line: 'faultline server --kubeconfig admin.kubeconfig --listen 127.0.0.1:7443 --tls-cert-file tls.crt --tls-key-file tls.key',
    },
  ],
  flags: [
    CONFIG_FLAG,
    { spelling: '--listen <host:port>', description: 'Address to serve on (default: that of the configuration).' },
    ...CERTIFICATE_FLAGS,
    {
      spelling: '--database-url-file <file>',
      description: 'A file with the URL of a PostgreSQL database (default: that of the configuration, else PGlite).',
    },
    {
      spelling: '--database <kind>',
      description: 'embedded: PGlite in the state folder, whatever the configuration says.',
      choices: ['embedded'],
    },
    { spelling: '--state-dir <folder>', description: 'Where PGlite keeps its files.', default: '.faultline/server' },
    ...kubeconfigFlags('How to reach the cluster (default: the service account of the pod).'),
    {
      spelling: '--shutdown-delay <duration>',
      description: 'How long to serve on after SIGTERM, until no Service sends requests here.',
      default: '10s',
    },
    FEATURE_GATES_FLAG,
    ...KITE_FLAGS,
    ...LOG_FLAGS,
  ],
  complete({ flags }, streams) {
    const path = (file: string | undefined) => (file === undefined ? undefined : resolve(streams.directory, file));
    const { config, listen, stateDir = '.faultline/server', kubeconfig, context, shutdownDelay } = flags;
    return {
      ...{ config, listen, kubeconfig, context, shutdownDelay },
      certificates: certificateChoice(flags, (file) => resolve(streams.directory, file)),
      databaseUrlFile: path(flags.databaseUrlFile),
      embedded: flags.database === 'embedded',
      stateDir: resolve(streams.directory, stateDir),
      featureGates: flags.featureGates,
      kite: kiteChoice(flags),
      log: logOptions(flags, streams, 'info'),
    };
  },
  validate({ listen, certificates, shutdownDelay, embedded, databaseUrlFile, kite, featureGates }) {
    const faults = [...listenFaults(listen), ...kiteFaults(kite), ...parseFeatureGates(featureGates).faults];
    if (embedded && databaseUrlFile !== undefined) faults.push('--database and --database-url-file name two databases');
    faults.push(...certificateFaults(certificates));
    try {
      parseDuration(shutdownDelay);
    } catch (error) {
      faults.push(`--shutdown-delay: ${(error as Error).message}`);
    }
    return faults;
  },
  async run(options, streams) {
    const { runServer } = await import('../server/run-server.ts');
    return await runServer(options, streams);
  },
};
