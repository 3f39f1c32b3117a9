import { X509Certificate } from 'node:crypto';
import type { ServingCertificate } from '../../../apiserver/server.ts';
import type { CertificateCluster, Trust } from '../certificate-cluster.ts';
import { authorityOf, certificatesIn, type SecretData } from '../stored-certificates.ts';

/** A cluster in memory that keeps the promise of the port: a write on condition of a version, and nothing else. */
export class FakeCertificateCluster implements CertificateCluster {
  data: Record<string, string | null> | undefined;
  /** Undefined: the API is not registered. */
  caBundle: string | undefined = '';
  setBy: string | undefined;
  /** Called before every request; may throw, and may let others go first. */
  before: (request: keyof CertificateCluster) => Promise<void> | void = () => {};
  #secretVersion = 0;
  #trustVersion = 0;

  async secret() {
    await this.before('secret');
    return this.data && { data: { ...this.data }, version: String(this.#secretVersion) };
  }

  async writeSecret(data: SecretData, version: string | undefined): Promise<boolean> {
    await this.before('writeSecret');
    const found = this.data === undefined ? undefined : String(this.#secretVersion);
    if (found !== version) return false;
    this.data = { ...this.data, ...data };
    this.#secretVersion++;
    return true;
  }

  async trust(): Promise<Trust | undefined> {
    await this.before('trust');
    if (this.caBundle === undefined) return undefined;
    return { bundle: this.caBundle, version: String(this.#trustVersion), setBy: this.setBy };
  }

  async writeTrust(bundle: string, version: string): Promise<boolean> {
    await this.before('writeTrust');
    if (this.caBundle === undefined || version !== String(this.#trustVersion)) return false;
    this.#setTrust(bundle);
    return true;
  }

  /** As `kubectl edit` would. */
  breakTrust(bundle: string, setBy: string): void {
    this.#setTrust(bundle);
    this.setBy = setBy;
  }

  #setTrust(bundle: string): void {
    this.caBundle = bundle;
    this.setBy = undefined;
    this.#trustVersion++;
  }
}

/** Whether a client that trusts `bundle` takes this certificate at `now`, for `host`. */
export function isBelieved({ cert }: ServingCertificate, bundle: string, host: string, now: number): boolean {
  const authority = authorityOf({ cert, key: '' }, bundle);
  const chain = [cert, ...(authority === undefined ? [] : [authority])].map((pem) => new X509Certificate(pem));
  const inTime = ({ validFromDate, validToDate }: X509Certificate): boolean =>
    validFromDate.getTime() <= now && now < validToDate.getTime();
  return authority !== undefined && chain.every(inTime) && chain[0]?.checkHost(host) !== undefined;
}

/** How many authorities a text holds. */
export function countOf(bundle: string | null | undefined): number {
  return certificatesIn(bundle ?? '').length;
}
