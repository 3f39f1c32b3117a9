/** Certificate authorities for tests, good ones and bad ones: P-256, valid for a day around `at`. */
import 'reflect-metadata'; // @peculiar/x509 refuses to load without it
import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface TestAuthority extends Issued {
  readonly publicKey: webcrypto.CryptoKey;
  issue(leaf: LeafOptions): Promise<Issued>;
  /** A subordinate authority. */
  delegate(options: AuthorityOptions): Promise<TestAuthority>;
}

export interface AuthorityOptions {
  readonly name: string;
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Object identifiers of extended key usages; default: none, which means any. */
  readonly usages?: readonly string[];
  readonly nameConstraints?: boolean;
  /** A user's certificate that plays authority: not marked as one, and without key usages that would forbid it. */
  readonly impostor?: boolean;
}

export interface LeafOptions {
  readonly name?: string;
  readonly organizations?: readonly string[];
  readonly usages?: readonly string[];
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly hosts?: readonly string[];
  /** Names the key of this authority as its issuer's, which is a lie that only the signature gives away. */
  readonly claims?: TestAuthority;
}

export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const DAY = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

interface Signer {
  readonly subject: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

export function createTestAuthority(options: AuthorityOptions): Promise<TestAuthority> {
  return makeAuthority(options, undefined);
}

async function makeAuthority(options: AuthorityOptions, parent: Signer | undefined): Promise<TestAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const subject = `CN=${options.name}`;
  const signer: Signer = { subject, keys };
  const cert = await sign(parent ?? signer, keys, [{ CN: [options.name] }], options, [
    new BasicConstraintsExtension(options.impostor !== true, undefined, true),
    ...(options.impostor ? [] : [new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true)]),
    ...usageExtension(options.usages),
    // Permits only names below example.com: GeneralSubtrees [0] { dNSName "example.com" }.
    ...(options.nameConstraints
      ? [new Extension('2.5.29.30', true, Buffer.from('3011a00f300d820b6578616d706c652e636f6d', 'hex'))]
      : []),
  ]);
  return {
    cert,
    key: await keyPem(keys),
    publicKey: keys.publicKey,
    issue: (leaf) => issue(signer, leaf),
    delegate: (delegated) => makeAuthority(delegated, signer),
  };
}

async function issue(signer: Signer, leaf: LeafOptions): Promise<Issued> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const name: JsonName = [
    ...(leaf.organizations ?? []).map((organization) => ({ O: [organization] })),
    ...(leaf.name === '' ? [] : [{ CN: [leaf.name ?? 'somebody'] }]),
  ];
  const hosts = (leaf.hosts ?? []).map((value) => ({ type: /^[\d.]+$/.test(value) ? ('ip' as const) : 'dns', value }));
  const cert = await sign(signer, keys, name, leaf, [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    ...usageExtension(leaf.usages ?? [CLIENT_AUTH]),
    ...(hosts.length > 0 ? [new SubjectAlternativeNameExtension(hosts as never)] : []),
  ]);
  return { cert, key: await keyPem(keys) };
}

async function sign(
  signer: Signer,
  keys: webcrypto.CryptoKeyPair,
  subject: JsonName,
  { notBefore, notAfter, claims }: { notBefore?: number; notAfter?: number; claims?: TestAuthority },
  extensions: readonly Extension[],
): Promise<string> {
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `4${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}0`,
    subject,
    issuer: signer.subject,
    notBefore: new Date(notBefore ?? Date.now() - DAY / 2),
    notAfter: new Date(notAfter ?? Date.now() + DAY / 2),
    publicKey: keys.publicKey,
    signingKey: signer.keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      ...extensions,
      await AuthorityKeyIdentifierExtension.create(claims?.publicKey ?? signer.keys.publicKey),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

function usageExtension(usages: readonly string[] | undefined): Extension[] {
  return usages === undefined || usages.length === 0 ? [] : [new ExtendedKeyUsageExtension([...usages])];
}

async function keyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return `${PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag)}\n`;
}
