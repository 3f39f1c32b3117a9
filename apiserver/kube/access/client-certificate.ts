import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { type ChainVerdict, verifyClientChain } from './certificate-chain.ts';

/** The certificate that a client showed, judged by one set of authorities. */
export type PeerVerdict =
  | { readonly kind: 'none' }
  | { readonly kind: 'untrusted'; readonly fault: string }
  | { readonly kind: 'trusted'; readonly subject: CertificateSubject };

export interface CertificateSubject {
  /** '' when there is none. */
  readonly commonName: string;
  readonly organizations: readonly string[];
}

interface Judged {
  readonly roots: readonly X509Certificate[];
  readonly verdict: ChainVerdict;
  readonly subject: CertificateSubject;
}

/**
 * Judges the client certificate of a connection and remembers the verdict per TLS socket, because verifying a chain
 * costs more than most requests. A verdict is made anew when the authorities were exchanged, and its validity is
 * compared with the clock every time: a certificate that expires ends its open connections' rights too.
 */
export class PeerJudge {
  readonly #now: () => number;
  readonly #judged = new WeakMap<TLSSocket, Judged>();

  /** `now`: ms since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  judge(request: IncomingMessage, roots: readonly X509Certificate[]): PeerVerdict {
    const { socket } = request;
    if (!(socket instanceof TLSSocket)) return { kind: 'none' };
    const now = this.#now();
    let judged = this.#judged.get(socket);
    if (judged === undefined || judged.roots !== roots) {
      const leaf = socket.getPeerX509Certificate();
      if (leaf === undefined) return { kind: 'none' };
      judged = { roots, verdict: verifyClientChain(leaf, sentBeside(socket), roots, now), subject: subjectOf(leaf) };
      this.#judged.set(socket, judged);
    }
    const { verdict, subject } = judged;
    if (!verdict.trusted) return { kind: 'untrusted', fault: verdict.fault };
    if (now < verdict.notBefore || now > verdict.notAfter) return { kind: 'untrusted', fault: 'expired' };
    return { kind: 'trusted', subject };
  }
}

/** True when the client showed any certificate, trusted or not. */
export function showsCertificate(request: IncomingMessage): boolean {
  return request.socket instanceof TLSSocket && request.socket.getPeerX509Certificate() !== undefined;
}

/** The other certificates of the handshake: candidates for intermediates. */
function sentBeside(socket: TLSSocket): readonly X509Certificate[] {
  const found: X509Certificate[] = [];
  const seen = new Set<string>();
  let current: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true).issuerCertificate;
  while (current?.raw !== undefined && !seen.has(current.fingerprint256) && found.length < 8) {
    seen.add(current.fingerprint256);
    found.push(new X509Certificate(current.raw));
    current = current.issuerCertificate;
  }
  return found;
}

/** Attribute by attribute, not from the printed subject, whose separators could be part of a name. */
function subjectOf(leaf: X509Certificate): CertificateSubject {
  const subject = leaf.toLegacyObject().subject as Partial<Record<'CN' | 'O', string | string[]>>;
  return { commonName: values(subject.CN).at(-1) ?? '', organizations: values(subject.O) };
}

function values(attribute: string | string[] | undefined): string[] {
  return attribute === undefined ? [] : [attribute].flat();
}
