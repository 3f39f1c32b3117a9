import { MASTERS, type UserInfo } from '../../apiserver/kube/access/index.ts';
import { parseListenAddress } from '../../apiserver/server/listener.ts';
import type { Flag } from '../command.ts';
import { LOG_LEVELS, type LogLevel, type LogOptions } from '../log.ts';
import type { Streams } from '../streams.ts';

export { type KubeconfigFlags, kubeconfigFlags } from './kubeconfig-flags.ts';

/** Flags that several commands have. */
export const CONFIG_FLAG: Flag = {
  spelling: '--config <file>',
  description: 'The configuration (default: $FAULTLINE_CONFIG, ./faultline.yaml, else built in).',
};

export const LOG_FLAGS: readonly Flag[] = [
  { spelling: '--log-level <level>', description: 'How much is logged to stderr.', choices: LOG_LEVELS },
  {
    spelling: '--log-format <format>',
    description: 'lines for people, json for machines.',
    choices: ['lines', 'json'],
  },
];

export interface LogFlags {
  readonly logLevel?: LogLevel;
  readonly logFormat?: 'lines' | 'json';
}

/** Lines at a terminal, JSON elsewhere, unless the flags say otherwise. */
export function logOptions(flags: LogFlags, streams: Streams, level: LogLevel): LogOptions {
  return { level: flags.logLevel ?? level, format: flags.logFormat ?? (streams.err.isTTY ? 'lines' : 'json') };
}

export interface KiteFlags {
  readonly kiteListen?: string;
  readonly kiteIdentity?: string;
  readonly kiteHost?: string;
}

/** A plain HTTP listener with the API of Kite, for clients that know neither TLS nor tokens. */
export const KITE_FLAGS: readonly Flag[] = [
  {
    spelling: '--kite-listen <host:port>',
    description: 'Also serve the API of Kite there, over plain HTTP; requests without a token are --kite-identity.',
  },
  {
    spelling: '--kite-identity <user[,group…]>',
    description: 'Whose rights requests to --kite-listen without a token have.',
  },
  {
    spelling: '--kite-host <name[,name…]>',
    description: 'Further host names by which clients reach --kite-listen; others are refused.',
  },
];

/** `--kite-identity`, and `--kite-listen` when it is given. */
export interface KiteChoice {
  readonly listen: string | undefined;
  readonly identity: UserInfo | undefined;
  readonly hosts: readonly string[];
}

export function kiteChoice({ kiteListen, kiteIdentity, kiteHost }: KiteFlags): KiteChoice {
  const [name, ...groups] = namesIn(kiteIdentity);
  return {
    listen: kiteListen,
    identity: name === undefined ? undefined : { name, groups },
    hosts: namesIn(kiteHost),
  };
}

function namesIn(list = ''): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

export function kiteFaults({ listen, identity, hosts }: KiteChoice): string[] {
  const faults = listenFaults(listen, '--kite-listen');
  if (listen !== undefined && identity === undefined) {
    faults.push('--kite-listen needs --kite-identity: whose rights do requests without a token have?');
  }
  if (listen === undefined && (identity !== undefined || hosts.length > 0)) {
    faults.push('--kite-identity and --kite-host need --kite-listen: no address is opened for the API of Kite');
  }
  if (identity?.groups.includes(MASTERS)) {
    faults.push(`--kite-identity: whoever reaches the address would be in ${MASTERS}: name a user with few rights`);
  }
  return faults;
}

/** What is wrong with an address to listen on, as a usage fault. */
export function listenFaults(listen: string | undefined, flag = '--listen'): string[] {
  try {
    if (listen !== undefined) parseListenAddress(listen);
    return [];
  } catch (error) {
    return [`${flag}: ${(error as Error).message}`];
  }
}
