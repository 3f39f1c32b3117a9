import { X509Certificate } from 'node:crypto';
import type { ServingCertificate } from '../../apiserver/server.ts';
import { BACKDATE_MS, DAY_MS } from '../pki/validity.ts';
import { authorityOf, pairFault, type StoredCertificates } from './stored-certificates.ts';

/** A new certificate is made when the one that is served has so much left: a month to notice that it does not work. */
export const RENEW_BEFORE_MS = 30 * DAY_MS;
/**
 * How long an authority is in the bundle before a certificate that it signed is served. Kubelet brings a changed Secret to
 * the pods that mount it within two minutes; an hour is enough for whoever copies it by a job.
 */
export const OVERLAP_MS = 60 * 60_000;

/** What has to happen with the certificates now. `why` is for the log. */
export type Step =
  | { readonly do: 'nothing'; readonly stored: StoredCertificates }
  /** There is none that could be served: make one and serve it at once. */
  | { readonly do: 'begin'; readonly stored: StoredCertificates | undefined; readonly why: string }
  /** Make the next one, and let everybody trust its authority first. */
  | { readonly do: 'prepare'; readonly stored: StoredCertificates; readonly why: string }
  /** Everybody trusts it. */
  | { readonly do: 'useNext'; readonly stored: StoredCertificates; readonly why: string };

export interface Situation {
  readonly stored: StoredCertificates | undefined;
  /** What the aggregator trusts, PEM; undefined while there is no APIService. */
  readonly trusted: string | undefined;
  /** What a certificate must be for. */
  readonly names: readonly string[];
  /** ms since 1970. */
  readonly now: number;
}

/** Pure: several replicas that see the same decide the same. */
export function nextStep({ stored, trusted, names, now }: Situation): Step {
  if (stored === undefined) return { do: 'begin', stored, why: 'there was none' };
  const { bundle, current, next } = stored;
  const fault = pairFault(current, bundle, names);
  if (fault !== undefined) return { do: 'begin', stored, why: fault };
  const left = timeLeft(current, now);
  if (next !== undefined && pairFault(next, bundle, names) === undefined && timeLeft(next, now) > 0) {
    const isOld = now - madeAt(next) >= OVERLAP_MS || left <= 0;
    if (!isOld || !isTrusted(next, bundle, trusted)) return { do: 'nothing', stored };
    return { do: 'useNext', stored, why: 'its authority is trusted' };
  }
  if (left <= 0) return { do: 'begin', stored, why: 'it expired' };
  if (left >= RENEW_BEFORE_MS) return { do: 'nothing', stored };
  return { do: 'prepare', stored, why: `the one that is served ends at ${new Date(now + left).toISOString()}` };
}

/** ms until it ends; negative afterwards. */
export function timeLeft({ cert }: ServingCertificate, now: number): number {
  return new X509Certificate(cert).validToDate.getTime() - now;
}

function madeAt({ cert }: ServingCertificate): number {
  return new X509Certificate(cert).validFromDate.getTime() + BACKDATE_MS;
}

/** Without an APIService nobody comes through the aggregator. */
function isTrusted(pair: ServingCertificate, bundle: string, trusted: string | undefined): boolean {
  const authority = authorityOf(pair, bundle);
  return trusted === undefined || (authority !== undefined && authorityOf(pair, trusted) !== undefined);
}
