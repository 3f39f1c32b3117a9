import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { replaceFile } from './atomic-file.ts';
import { type CertificateAndKey, createAuthority, issueLeaf, type LeafSubject } from './certificates.ts';
import { DAY_MS } from './validity.ts';

/**
 * The certificates of `faultline up` (contracts.md "Certificates"): one authority that nobody else trusts, a serving
 * certificate for loopback, and a client certificate each for the person at the keyboard and for the built-in
 * controllers. Whatever is missing, unreadable as a certificate, about to expire or not signed by the current
 * authority is made again; everything else stays, so that a kubeconfig keeps working over restarts.
 */

export interface Pki {
  /** PEM of the authority, for kubeconfigs and for the server's client verification. */
  readonly ca: string;
  readonly server: CertificateAndKey;
  /** CN faultline-admin, O system:masters. */
  readonly admin: CertificateAndKey;
  /** CN faultline-controllers. */
  readonly controllers: CertificateAndKey;
  /** What was made anew and why, in one line each: for the log. Empty when everything was kept. */
  readonly renewed: readonly string[];
}

export interface PkiOptions {
  /** ms since 1970. */
  readonly now: () => number;
  /** Names and addresses besides localhost, 127.0.0.1 and ::1, such as `<service>.<namespace>.svc`. */
  readonly serverNames?: readonly string[];
}

export const ADMIN = { commonName: 'faultline-admin', organizations: ['system:masters'] } as const;
export const CONTROLLERS = { commonName: 'faultline-controllers', organizations: [] } as const;
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'] as const;
const RENEW_BEFORE_MS = 30 * DAY_MS;

/** A certificate with its key, as found in the folder, and what can be asked of it. */
interface Loaded extends CertificateAndKey {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
}

/**
 * Reads `dir` and makes what has to be made. Afterwards the folder is 0700 and every key 0600, whatever they were
 * before. Throws when a file exists and cannot be read or written (wrong owner, read-only folder), and says which.
 */
export async function ensurePki(dir: string, options: PkiOptions): Promise<Pki> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  const now = options.now();
  const renewed: string[] = [];
  const authority = await ensure(
    dir,
    'ca',
    (found) => authorityFault(found, now),
    renewed,
    () => createAuthority('faultline-ca', now),
  );
  const issuer = new X509Certificate(authority.cert);
  const leaf = (name: string, subject: LeafSubject) =>
    ensure(
      dir,
      name,
      (found) => leafFault(found, issuer, subject, now),
      renewed,
      () => issueLeaf(authority, subject, now),
    );
  const names = [...new Set([...LOOPBACK_NAMES, ...(options.serverNames ?? [])])];
  return {
    ca: authority.cert,
    server: await leaf('server', { usage: 'server', commonName: 'faultline', names }),
    admin: await leaf('admin', { usage: 'client', ...ADMIN }),
    controllers: await leaf('controllers', { usage: 'client', ...CONTROLLERS }),
    renewed,
  };
}

async function ensure(
  dir: string,
  name: string,
  faultOf: (found: Loaded) => string | undefined,
  renewed: string[],
  make: () => Promise<CertificateAndKey>,
): Promise<CertificateAndKey> {
  const certPath = join(dir, `${name}.crt`);
  const keyPath = join(dir, `${name}.key`);
  const [cert, key] = await Promise.all([readIfThere(certPath), readIfThere(keyPath)]);
  const fault = faultOfFiles(cert, key, faultOf);
  if (fault === undefined && cert !== undefined && key !== undefined) {
    await chmod(keyPath, 0o600);
    return { cert, key };
  }
  const made = await make();
  await replaceFile(keyPath, made.key, 0o600); // first the key: a crash in between leaves a pair that does not match
  await replaceFile(certPath, made.cert, 0o644);
  renewed.push(`${name}: ${fault}`);
  return made;
}

function faultOfFiles(
  cert: string | undefined,
  key: string | undefined,
  faultOf: (found: Loaded) => string | undefined,
): string | undefined {
  if (cert === undefined && key === undefined) return 'did not exist';
  if (cert === undefined) return 'the certificate was missing';
  if (key === undefined) return 'the key was missing';
  try {
    const found = { cert, key, certificate: new X509Certificate(cert), privateKey: createPrivateKey(key) };
    return found.certificate.checkPrivateKey(found.privateKey) ? faultOf(found) : 'key and certificate did not match';
  } catch {
    return 'the files were damaged';
  }
}

function authorityFault({ certificate }: Loaded, now: number): string | undefined {
  if (!certificate.ca) return 'the certificate was not an authority';
  return validityFault(certificate, now);
}

function leafFault(
  { certificate }: Loaded,
  issuer: X509Certificate,
  subject: LeafSubject,
  now: number,
): string | undefined {
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return 'the authority changed';
  if (subject.usage === 'server' && !subject.names.every((name) => covers(certificate, name))) {
    return `it did not cover ${subject.names.join(', ')}`;
  }
  if (subject.usage === 'client' && certificate.subject !== subjectText(subject)) return 'it named somebody else';
  return validityFault(certificate, now);
}

function covers(certificate: X509Certificate, name: string): boolean {
  if (isIP(name) !== 0) return certificate.checkIP(name) !== undefined; // checkIP throws for what is no address
  return certificate.checkHost(name, { subject: 'never' }) !== undefined;
}

/** As node:crypto prints a subject: one attribute a line, in the order of the certificate. */
function subjectText(subject: { commonName: string; organizations: readonly string[] }): string {
  return [...subject.organizations.map((name) => `O=${name}`), `CN=${subject.commonName}`].join('\n');
}

function validityFault(certificate: X509Certificate, now: number): string | undefined {
  if (certificate.validFromDate.getTime() > now) return `it was not valid before ${certificate.validFrom}`;
  const left = certificate.validToDate.getTime() - now;
  if (left < 0) return `it expired at ${certificate.validTo}`;
  return left < RENEW_BEFORE_MS ? `it would have expired at ${certificate.validTo}` : undefined;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
