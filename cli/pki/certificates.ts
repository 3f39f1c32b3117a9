/** A small certificate authority on P-256: who signs, and the two kinds of leaves that `faultline up` needs. */
import 'reflect-metadata'; // @peculiar/x509 refuses to load without it
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { BACKDATE_MS, DAY_MS } from './validity.ts';

/** PEM texts, named as `tls.createSecureContext` names them. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

/** What a leaf says about its holder: a server has names, a client is a user with groups. */
export type LeafSubject =
  | { readonly usage: 'server'; readonly commonName: string; readonly names: readonly string[] }
  | { readonly usage: 'client'; readonly commonName: string; readonly organizations: readonly string[] };

const AUTHORITY_DAYS = 3650;
const LEAF_DAYS = 365;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new self-signed authority, valid from `now` (ms since 1970). Default: for 10 years. */
export async function createAuthority(
  commonName: string,
  now: number,
  days = AUTHORITY_DAYS,
): Promise<CertificateAndKey> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName(commonName, []),
    ...validity(now, days),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return toPem(certificate, keys.privateKey);
}

/** A fresh key and a certificate for it, signed by `authority`, valid from `now` (ms since 1970). Default: for one year. */
export async function issueLeaf(
  authority: CertificateAndKey,
  subject: LeafSubject,
  now: number,
  days = LEAF_DAYS,
): Promise<CertificateAndKey> {
  const issuer = new X509Certificate(authority.cert);
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: distinguishedName(subject.commonName, subject.usage === 'client' ? subject.organizations : []),
    // The encoded name as it stands in the CA: Go compares issuers byte for byte, and text would be encoded anew.
    issuer: issuer.subjectName,
    ...validity(now, days),
    publicKey: keys.publicKey,
    signingKey: await importSigningKey(authority.key),
    signingAlgorithm: ALGORITHM,
    extensions: await leafExtensions(issuer, keys, subject),
  });
  return toPem(certificate, keys.privateKey);
}

async function leafExtensions(
  issuer: X509Certificate,
  keys: webcrypto.CryptoKeyPair,
  subject: LeafSubject,
): Promise<Extension[]> {
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([
      subject.usage === 'server' ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth,
    ]),
    await AuthorityKeyIdentifierExtension.create(await issuer.publicKey.export()),
    await SubjectKeyIdentifierExtension.create(keys.publicKey),
  ];
  if (subject.usage === 'server') extensions.push(new SubjectAlternativeNameExtension(subject.names.map(alternative)));
  return extensions;
}

function alternative(value: string): { type: 'ip' | 'dns'; value: string } {
  return { type: isIP(value) === 0 ? 'dns' : 'ip', value };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function importSigningKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), ALGORITHM, false, ['sign']);
}

async function toPem(certificate: X509Certificate, privateKey: webcrypto.CryptoKey): Promise<CertificateAndKey> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', privateKey);
  return {
    cert: `${certificate.toString('pem')}\n`,
    key: `${PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag)}\n`,
  };
}

/** 16 random bytes with the first between 0x40 and 0x4f: positive, and without a leading zero byte, as DER wants it. */
function serialNumber(): string {
  return `4${Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
    .toString('hex')
    .slice(1)}`;
}

function distinguishedName(commonName: string, organizations: readonly string[]): JsonName {
  return [...organizations.map((name) => ({ O: [name] })), { CN: [commonName] }];
}

function validity(now: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - BACKDATE_MS), notAfter: new Date(now + days * DAY_MS) };
}
