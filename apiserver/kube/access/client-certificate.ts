import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
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

/** What a connection showed in its handshake. */
interface Shown {
  readonly leaf: X509Certificate;
  /** The other certificates that came along: candidates for intermediates, trusted for nothing. */
  readonly beside: readonly X509Certificate[];
  readonly subject: CertificateSubject;
  readonly verdicts: WeakMap<readonly X509Certificate[], ChainVerdict>;
}

/**
 * Judges the client certificates of connections and remembers verdicts per TLS socket and set of authorities, because
 * verifying a chain costs more than most requests. Exchanged authorities make a new verdict, and the validity is
 * compared with the clock every time: a certificate that expires ends the rights of its open connections too.
 *
 * One judge a server: Node hands out the certificates beside the leaf only to the first who asks, and only while its
 * own verification fails. That is why the listener knows no authority (`ca: []`).
 */
export class PeerJudge {
  readonly #now: () => number;
  readonly #shown = new WeakMap<TLSSocket, Shown | undefined>();

  /** `now`: ms since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** True when the client showed any certificate, trusted or not. */
  showsCertificate(request: IncomingMessage): boolean {
    return this.#shownBy(request) !== undefined;
  }

  judge(request: IncomingMessage, roots: readonly X509Certificate[]): PeerVerdict {
    const shown = this.#shownBy(request);
    if (shown === undefined) return { kind: 'none' };
    const now = this.#now();
    let verdict = shown.verdicts.get(roots);
    if (verdict === undefined) {
      verdict = verifyClientChain(shown.leaf, shown.beside, roots, now);
      shown.verdicts.set(roots, verdict);
    }
    if (!verdict.trusted) return { kind: 'untrusted', fault: verdict.fault };
    if (now < verdict.notBefore || now > verdict.notAfter) return { kind: 'untrusted', fault: 'expired' };
    return { kind: 'trusted', subject: shown.subject };
  }

  #shownBy({ socket }: IncomingMessage): Shown | undefined {
    if (!(socket instanceof TLSSocket)) return undefined;
    if (this.#shown.has(socket)) return this.#shown.get(socket);
    const leaf = socket.getPeerX509Certificate();
    const shown = leaf && { leaf, beside: besideOf(leaf), subject: subjectOf(leaf), verdicts: new WeakMap() };
    this.#shown.set(socket, shown);
    return shown;
  }
}

/** Node strings the certificates together as if each were the issuer of the one before, whatever they are. */
function besideOf(leaf: X509Certificate): readonly X509Certificate[] {
  const found: X509Certificate[] = [];
  for (let next = leaf.issuerCertificate; next !== undefined && found.length < 8; next = next.issuerCertificate) {
    found.push(next);
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
