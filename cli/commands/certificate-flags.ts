import { DNS_LABEL } from '../../crds/names.ts';
import type { Flag } from '../command.ts';

export interface CertificateFlags {
  readonly certificates: 'files' | 'managed';
  readonly tlsCertFile?: string;
  readonly tlsKeyFile?: string;
  readonly service?: string;
}

export const CERTIFICATE_FLAGS: readonly Flag[] = [
  {
    spelling: '--certificates <how>',
    description:
      'files: somebody else renews them; managed: this server makes, shares and renews its own (docs/certificates.md).',
    choices: ['files', 'managed'],
    default: 'files',
  },
  { spelling: '--tls-cert-file <file>', description: 'The serving certificate, PEM; read again when it changes.' },
  { spelling: '--tls-key-file <file>', description: 'Its key, PEM.' },
  {
    spelling: '--service <[namespace/]name>',
    description: 'Whose name a managed certificate is for (default: faultline, in the namespace of the pod).',
  },
];

/** Where the serving certificate comes from. */
export type CertificateChoice =
  | { readonly from: 'files'; readonly certFile: string; readonly keyFile: string }
  | { readonly from: 'cluster'; readonly namespace: string | undefined; readonly service: string };

export function certificateChoice(
  { certificates, tlsCertFile, tlsKeyFile, service = 'faultline' }: CertificateFlags,
  path: (file: string) => string,
): CertificateChoice {
  if (certificates === 'files') {
    return {
      from: 'files',
      certFile: tlsCertFile ? path(tlsCertFile) : '',
      keyFile: tlsKeyFile ? path(tlsKeyFile) : '',
    };
  }
  const [name = '', namespace] = service.split('/').reverse();
  return { from: 'cluster', namespace, service: name };
}

export function certificateFaults(choice: CertificateChoice): string[] {
  const faults: string[] = [];
  if (choice.from === 'files') {
    if (choice.certFile === '') faults.push('--tls-cert-file is missing: name the serving certificate');
    if (choice.keyFile === '') faults.push('--tls-key-file is missing: name the key of the serving certificate');
    return faults;
  }
  for (const name of [choice.namespace, choice.service]) {
    if (name !== undefined && !DNS_LABEL.test(name))
      faults.push(`--service: "${name}" is no name of a Service or a namespace`);
  }
  return faults;
}
