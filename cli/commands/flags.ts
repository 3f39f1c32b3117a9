import { parseListenAddress } from '../../apiserver/server/listener.ts';
import type { Flag } from '../command.ts';
import { LOG_LEVELS, type LogLevel, type LogOptions } from '../log.ts';
import type { Streams } from '../streams.ts';

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

export interface KubeconfigFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** `what`: what the kubeconfig is for, with its default. */
export function kubeconfigFlags(what: string): readonly Flag[] {
  return [
    { spelling: '--kubeconfig <file>', description: what },
    { spelling: '--context <name>', description: 'A context of the kubeconfig (default: its current context).' },
  ];
}

export interface LogFlags {
  readonly logLevel?: LogLevel;
  readonly logFormat?: 'lines' | 'json';
}

/** Lines at a terminal, JSON elsewhere, unless the flags say otherwise. */
export function logOptions(flags: LogFlags, streams: Streams, level: LogLevel): LogOptions {
  return { level: flags.logLevel ?? level, format: flags.logFormat ?? (streams.err.isTTY ? 'lines' : 'json') };
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
