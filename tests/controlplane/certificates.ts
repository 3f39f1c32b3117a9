/** Certificate authorities for tests: P-256, valid from a minute ago for one day unless told otherwise. */
import 'reflect-metadata'; // @peculiar/x509 refuses to load without it
import type { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export interface KeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface LeafOptions {
  readonly commonName: string;
  /** Groups, where a Kubernetes API server reads the certificate. */
  readonly organizations?: readonly string[];
  readonly usage: 'client' | 'server';
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export interface Authority {
  readonly certificatePem: string;
  /** A fresh key and a certificate for it. */
  issue(options: LeafOptions): Promise<KeyPair>;
}

type KeyMaterial = webcrypto.CryptoKeyPair;

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** A new self-signed authority; everything it issues lives in memory until the caller writes it. */
export async function createAuthority(commonName: string): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName(commonName, []),
    ...validity({}),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  // The name as it is encoded, not its text: Go compares bytes, and the text would be encoded as another string type.
  const issuer = { name: certificate.subjectName, keys };
  return { certificatePem: `${certificate.toString('pem')}\n`, issue: (options) => issue(issuer, options) };
}

/** What OpenSSL calls subject alternative names, in the library's form. */
export function alternativeNames(options: Pick<LeafOptions, 'dnsNames' | 'ipAddresses'>): JsonGeneralNames {
  return [
    ...(options.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(options.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
}

async function issue(issuer: { name: Name; keys: KeyMaterial }, options: LeafOptions): Promise<KeyPair> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: distinguishedName(options.commonName, options.organizations ?? []),
    issuer: issuer.name,
    ...validity(options),
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: await leafExtensions(issuer.keys, keys, options),
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  const keyPem = PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag);
  return { certificatePem: `${certificate.toString('pem')}\n`, keyPem: `${keyPem}\n` };
}

async function leafExtensions(issuer: KeyMaterial, keys: KeyMaterial, options: LeafOptions): Promise<Extension[]> {
  const usage = options.usage === 'client' ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth;
  const names = alternativeNames(options);
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([usage]),
    await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
  ];
}

function newKeys(): Promise<KeyMaterial> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

/** Positive and without a leading zero byte, as DER integers want it. */
function serialNumber(): string {
  return `4${Buffer.from(crypto.getRandomValues(new Uint8Array(15))).toString('hex')}0`;
}

/** As objects: of a plain string the library reads quotes and `#` as syntax, and the user would be another one. */
function distinguishedName(commonName: string, organizations: readonly string[]): Name {
  return new Name([
    ...organizations.map((name) => ({ O: [{ utf8String: name }] })),
    { CN: [{ utf8String: commonName }] },
  ]);
}

function validity(options: Pick<LeafOptions, 'notBefore' | 'notAfter'>): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return {
    notBefore: options.notBefore ?? new Date(now - minuteMs),
    notAfter: options.notAfter ?? new Date(now + dayMs),
  };
}
