import type { X509Certificate } from 'node:crypto';

/**
 * Does a client certificate lead to one of *these* authorities? Node's own verdict (`socket.authorized`) is not used:
 * it knows one merged list of authorities, and a certificate of the cluster's user authority with the aggregator's
 * common name would then speak for anybody (aggregated-api A2). TLS has already proven that the client holds the key.
 *
 * Stricter than Go's x509 where it costs nothing: a leaf must *say* that it is for client authentication, and an
 * authority with name constraints is refused instead of interpreted.
 */

/** The chain is good while the clock is in [notBefore, notAfter], ms since 1970; a cached verdict is asked again. */
export type ChainVerdict =
  | { readonly trusted: true; readonly notBefore: number; readonly notAfter: number }
  | { readonly trusted: false; readonly fault: string };

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_USAGE = '2.5.29.37.0';
/** DER of the object identifier 2.5.29.30, nameConstraints. */
const NAME_CONSTRAINTS = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x1e]);
/** leaf ← intermediate ← intermediate ← intermediate ← root; longer chains are an attack or a mistake. */
const MAX_INTERMEDIATES = 3;

/** `intermediates`: whatever else the client sent, in any order, trusted for nothing. `at`: ms since 1970. */
export function verifyClientChain(
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  at: number,
): ChainVerdict {
  const fault = leafFault(leaf);
  if (fault !== undefined) return { trusted: false, fault };
  const chain = findChain([leaf], intermediates, roots, at);
  if (chain === undefined) {
    const current = isValidAt(leaf, at);
    return { trusted: false, fault: current ? 'signed by unknown authority' : 'expired or not yet valid' };
  }
  return {
    trusted: true,
    notBefore: Math.max(...chain.map((certificate) => certificate.validFromDate.getTime())),
    notAfter: Math.min(...chain.map((certificate) => certificate.validToDate.getTime())),
  };
}

function leafFault(leaf: X509Certificate): string | undefined {
  const usages = leaf.keyUsage ?? [];
  if (!usages.includes(CLIENT_AUTH) && !usages.includes(ANY_USAGE)) return 'not for client authentication';
  return leaf.ca ? 'an authority cannot be a client' : undefined;
}

/** Depth first from the leaf; every certificate of the chain it returns is valid now. */
function findChain(
  path: readonly X509Certificate[],
  intermediates: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  at: number,
): readonly X509Certificate[] | undefined {
  const last = path[path.length - 1] as X509Certificate;
  if (!isValidAt(last, at)) return undefined;
  const root = roots.find((candidate) => isValidAt(candidate, at) && hasIssued(candidate, last));
  if (root !== undefined) return [...path, root];
  if (path.length > MAX_INTERMEDIATES) return undefined;
  for (const candidate of intermediates) {
    if (path.includes(candidate) || !hasIssued(candidate, last)) continue;
    const chain = findChain([...path, candidate], intermediates, roots, at);
    if (chain !== undefined) return chain;
  }
  return undefined;
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return (
    mayIssueClients(issuer) &&
    certificate.checkIssued(issuer) && // names, key identifiers, and the issuer's right to sign certificates
    !/sha1|md5/i.test(certificate.signatureAlgorithm ?? '') &&
    certificate.verify(issuer.publicKey)
  );
}

function mayIssueClients(issuer: X509Certificate): boolean {
  if (!issuer.ca || issuer.raw.includes(NAME_CONSTRAINTS)) return false;
  const usages = issuer.keyUsage ?? [];
  return usages.length === 0 || usages.includes(CLIENT_AUTH) || usages.includes(ANY_USAGE);
}

function isValidAt(certificate: X509Certificate, at: number): boolean {
  return certificate.validFromDate.getTime() <= at && at <= certificate.validToDate.getTime();
}
