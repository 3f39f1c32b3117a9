import { X509Certificate } from 'node:crypto';
import { oneLine } from '../../index.ts';

/** What is public of a certificate. */
export interface Certificate {
  /** Its common name, else its first DNS name. */
  readonly name: string;
  /** ms. */
  readonly from: number;
  readonly to: number;
}

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** A chain has a few; a bundle of all authorities has 150. */
const MAX_CERTIFICATES = 200;

/** The certificates of a `tls.crt` (base64 of PEM), in its order; undefined when it holds none or something that is none. */
export function parseChain(encoded: string): readonly Certificate[] | undefined {
  const blocks = Buffer.from(encoded, 'base64').toString('latin1').match(PEM) ?? [];
  try {
    const chain = blocks.slice(0, MAX_CERTIFICATES).map((pem) => certificateOf(new X509Certificate(pem)));
    return chain.length > 0 && chain.every(({ from, to }) => Number.isFinite(from + to)) ? chain : undefined;
  } catch {
    return undefined;
  }
}

/** The one that ends first: with it the whole chain is over. */
export function firstToEnd(chain: readonly Certificate[]): Certificate {
  return chain.reduce((first, certificate) => (certificate.to < first.to ? certificate : first));
}

function certificateOf({ subject, subjectAltName, validFrom, validTo }: X509Certificate): Certificate {
  const common = /(?:^|\n)CN=([^\n]+)/.exec(subject ?? '')?.[1];
  const dns = /DNS:([^,]+)/.exec(subjectAltName ?? '')?.[1];
  const name = oneLine((common ?? dns ?? 'without a name').slice(0, 1_000), 100);
  return { name, from: Date.parse(validFrom), to: Date.parse(validTo) };
}
