import { parseDuration } from '../../crds/duration.ts';
import type { Flag } from '../command.ts';

export interface KubeconfigFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** What commands that ask a server for a person take besides: as kubectl has it. */
export interface ConnectionFlags extends KubeconfigFlags {
  readonly server?: string;
  readonly token?: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
  readonly asUid?: string;
  readonly certificateAuthority?: string;
  readonly insecureSkipTlsVerify?: boolean;
  readonly tlsServerName?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  /** A duration, or a number of seconds; 0 is none. */
  readonly requestTimeout?: string;
}

/** `what`: what the kubeconfig is for, with its default. */
export function kubeconfigFlags(what: string): readonly Flag[] {
  return [
    { spelling: '--kubeconfig <file>', description: what },
    { spelling: '--context <name>', description: 'A context of the kubeconfig (default: its current context).' },
  ];
}

const hidden = (spelling: string, description: string): Flag => ({ spelling, description, hidden: true });

/** Stronger than the kubeconfig. Whoever knows kubectl knows them: `--help` names them in one line. */
export const OVERRIDE_FLAGS: readonly Flag[] = [
  hidden('--server <url>', 'The API server.'),
  hidden('--token <token>', 'A bearer token, instead of the credentials of the kubeconfig.'),
  hidden('--as <user>', 'Ask as this user; it takes the right to impersonate.'),
  { ...hidden('--as-group <group>', 'And as a member of this group.'), repeated: true },
  hidden('--as-uid <uid>', 'And with this uid.'),
  hidden('--certificate-authority <file>', 'Who signs the certificate of the server.'),
  hidden('--insecure-skip-tls-verify', 'Believe any certificate of the server.'),
  hidden('--tls-server-name <name>', 'The name in the certificate of the server, when it is not the host.'),
  hidden('--client-certificate <file>', 'A client certificate, with --client-key.'),
  hidden('--client-key <file>', 'Its key.'),
  hidden('--request-timeout <duration>', 'How long one request may take, such as 5s; 0: as long as it does.'),
];

export const OVERRIDES_IN_ONE_LINE =
  'How to ask, as with kubectl: --server, --token, --as, --as-group, --as-uid, --certificate-authority, ' +
  '--insecure-skip-tls-verify, --tls-server-name, --client-certificate, --client-key, --request-timeout.';

/** `what`: as for kubeconfigFlags. */
export function connectionFlags(what: string): readonly Flag[] {
  return [...kubeconfigFlags(what), ...OVERRIDE_FLAGS];
}

const KEYS = [
  ...(['kubeconfig', 'context', 'server', 'token', 'as', 'asGroup', 'asUid', 'certificateAuthority'] as const),
  ...(['insecureSkipTlsVerify', 'tlsServerName', 'clientCertificate', 'clientKey', 'requestTimeout'] as const),
] satisfies (keyof ConnectionFlags)[];

/** Of all the flags of a command those that say how to reach a server. */
export function connectionOf(flags: ConnectionFlags): ConnectionFlags {
  return Object.fromEntries(KEYS.flatMap((key) => (flags[key] === undefined ? [] : [[key, flags[key]]])));
}

export function connectionFaults(flags: ConnectionFlags): string[] {
  const { server, as, asGroup = [], asUid, certificateAuthority, insecureSkipTlsVerify, requestTimeout } = flags;
  const faults: [boolean, string][] = [
    [
      server !== undefined && !/^https?:\/\/./.test(server),
      `--server: ${JSON.stringify(server)} is no URL: write for example https://127.0.0.1:7443`,
    ],
    [
      as === undefined && (asGroup.length > 0 || asUid !== undefined),
      '--as-group and --as-uid belong to --as: as whom?',
    ],
    [
      certificateAuthority !== undefined && insecureSkipTlsVerify === true,
      '--certificate-authority and --insecure-skip-tls-verify say two things at once',
    ],
    [
      (flags.clientCertificate === undefined) !== (flags.clientKey === undefined),
      '--client-certificate and --client-key belong together',
    ],
    [
      requestTimeout !== undefined && timeoutMs(requestTimeout) === undefined,
      `--request-timeout: ${JSON.stringify(requestTimeout)} is no duration: write for example 5s`,
    ],
  ];
  return faults.filter(([is]) => is).map(([, fault]) => fault);
}

/** ms of `--request-timeout`, 0 for none; undefined when it cannot be read. A bare number is seconds, as in kubectl. */
export function timeoutMs(text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}
