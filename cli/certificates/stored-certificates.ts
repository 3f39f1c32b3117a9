import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ServingCertificate } from '../../apiserver/server.ts';

/**
 * What the Secret of a managed certificate holds. Its keys are those of a TLS Secret, so that whoever mounts one finds
 * what is expected: `tls.crt`, `tls.key`, `ca.crt`. The key of an authority is nowhere: it signed one certificate.
 */
export interface StoredCertificates {
  /** PEM of every authority that is to be trusted, the newest last. */
  readonly bundle: string;
  /** What is served. */
  readonly current: ServingCertificate;
  /** What will be served when everybody trusts it. */
  readonly next: ServingCertificate | undefined;
}

/** `data` of the Secret, decoded; null takes a key away. */
export type SecretData = Readonly<Record<string, string | null>>;

export function toData({ bundle, current, next }: StoredCertificates): SecretData {
  return {
    ...{ 'ca.crt': bundle, 'tls.crt': current.cert, 'tls.key': current.key },
    ...{ 'next.crt': next?.cert ?? null, 'next.key': next?.key ?? null },
  };
}

/** Undefined when there is no certificate yet. Whether what is there can be used is for others to say. */
export function fromData(data: SecretData): StoredCertificates | undefined {
  const { 'ca.crt': bundle, 'tls.crt': cert, 'tls.key': key, 'next.crt': nextCert, 'next.key': nextKey } = data;
  if (!bundle || !cert || !key) return undefined;
  return { bundle, current: { cert, key }, next: nextCert && nextKey ? { cert: nextCert, key: nextKey } : undefined };
}

/** The certificates in a text, each as PEM with a newline at its end. */
export function certificatesIn(pem: string): string[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return found.map((one) => `${one}\n`);
}

/** The authority in `bundle` that signed the pair, as PEM; undefined when there is none. */
export function authorityOf({ cert }: ServingCertificate, bundle: string): string | undefined {
  const leaf = new X509Certificate(cert);
  return certificatesIn(bundle).find((one) => {
    const authority = new X509Certificate(one);
    return leaf.checkIssued(authority) && leaf.verify(authority.publicKey);
  });
}

/** Why a pair can never be served to those who trust `bundle`; undefined when it can. Says nothing about time. */
export function pairFault(pair: ServingCertificate, bundle: string, names: readonly string[]): string | undefined {
  try {
    const certificate = new X509Certificate(pair.cert);
    if (!certificate.checkPrivateKey(createPrivateKey(pair.key))) return 'key and certificate do not belong together';
    if (authorityOf(pair, bundle) === undefined) return 'its authority is not in the bundle';
    const missing = names.filter((name) => certificate.checkHost(name, { subject: 'never' }) === undefined);
    return missing.length > 0 ? `it is not for ${missing.join(', ')}` : undefined;
  } catch {
    return 'it cannot be read';
  }
}
