import { resolve } from 'node:path';
import type { ClusterFlags } from '../cluster/choose.ts';
import type { Command } from '../command.ts';
import type { LogOptions } from '../log.ts';
import { CONFIG_FLAG, type KubeconfigFlags, kubeconfigFlags, LOG_FLAGS, type LogFlags, logOptions } from './flags.ts';

interface ImportFlags extends LogFlags, KubeconfigFlags {
  readonly from?: string;
  readonly fromFile?: string;
  readonly config?: string;
  readonly cluster?: boolean;
  readonly databaseUrlFile?: string;
  readonly stateDir?: string;
}

/** What `faultline import` was asked for; paths are absolute. */
export interface ImportOptions {
  readonly system: string;
  /** URL of the database to read. */
  readonly from: string | undefined;
  /** A file with that URL. */
  readonly fromFile: string | undefined;
  readonly config: string | undefined;
  readonly source: ClusterFlags;
  readonly databaseUrlFile: string | undefined;
  readonly stateDir: string | undefined;
  readonly log: LogOptions;
}

export const importCommand: Command<ImportFlags, ImportOptions> = {
  name: 'import',
  parameters: '<system>',
  summary: 'Copy what another system stored: kite.',
  description:
    'Copy the issues, scopes, links and relations of a Kite database; rows that Kite made twice are merged. Reads only. ' +
    'Can be run again at any time: what is there already is written again only when Kite changed it later. An embedded ' +
    'database must not be in use: stop "faultline up" before.',
  examples: [
    {
      comment: 'Into the database of "faultline up"',
      line: 'faultline import kite --from postgres://kite@db.example/issuesdb',
    },
    {
      comment: 'Into the database of a cluster; no password is an argument',
      line: 'faultline import kite --from-file /run/secrets/kite --cluster --database-url-file /run/secrets/db',
    },
  ],
  flags: [
    { spelling: '--from <url>', description: 'The database to read, as postgres://user@host/name.' },
    { spelling: '--from-file <file>', description: 'A file with that URL, so that its password is no argument.' },
    CONFIG_FLAG,
    {
      spelling: '--cluster',
      description: 'The issues are of the cluster of your kubeconfig, whatever the configuration says.',
    },
    ...kubeconfigFlags('The kubeconfig of that cluster (default: $KUBECONFIG, ~/.kube/config).'),
    {
      spelling: '--database-url-file <file>',
      description: 'A file with the URL of the database to write (default: that of the configuration, else PGlite).',
    },
    {
      spelling: '--state-dir <folder>',
      description: 'Where PGlite keeps its files (default: as for "faultline up").',
    },
    ...LOG_FLAGS,
  ],
  complete({ parameters: [system = ''], flags }, streams) {
    const path = (file: string | undefined) => (file === undefined ? undefined : resolve(streams.directory, file));
    const { from, config, cluster, kubeconfig, context } = flags;
    return {
      ...{ system, from, config, source: { cluster, kubeconfig, context } },
      fromFile: path(flags.fromFile),
      databaseUrlFile: path(flags.databaseUrlFile),
      stateDir: path(flags.stateDir),
      log: logOptions(flags, streams, 'warn'),
    };
  },
  validate({ system, from, fromFile }) {
    const faults = system === 'kite' ? [] : [`"${system}" cannot be imported: kite can`];
    if ((from === undefined) === (fromFile === undefined)) faults.push('name the database with --from or --from-file');
    if (from !== undefined && !/^postgres(ql)?:\/\//.test(from))
      faults.push('--from must be a URL: postgres://user@host/name');
    return faults;
  },
  async run(options, streams) {
    const { runImport } = await import('../import/run-import.ts');
    return await runImport(options, streams);
  },
};
