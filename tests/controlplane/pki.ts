import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, createAuthority, type KeyPair } from './certificates.ts';
import { frontProxyName } from './flags.ts';

/**
 * Three authorities, because they mean three things: who the API server is, who its users are, and who may speak for
 * a user. A server that mixes up the last two can be talked into impersonation, and our tests want to see that it
 * does not.
 */
export interface ControlPlanePki {
  readonly servingCa: Authority;
  readonly clientCa: Authority;
  readonly frontProxyCa: Authority;
  readonly admin: KeyPair;
}

/** Creates every key and certificate of a control plane and writes those that its processes read to `<dir>/pki`. */
export async function writePki(dir: string): Promise<ControlPlanePki> {
  const [servingCa, clientCa, frontProxyCa] = await Promise.all([
    createAuthority('serving-ca'),
    createAuthority('client-ca'),
    createAuthority('front-proxy-ca'),
  ]);
  const [apiserver, admin, frontProxy] = await Promise.all([
    servingCa.issue({
      commonName: 'kube-apiserver',
      usage: 'server',
      dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
      ipAddresses: ['127.0.0.1', '10.0.0.1'],
    }),
    clientCa.issue({ commonName: 'admin', organizations: ['system:masters'], usage: 'client' }),
    frontProxyCa.issue({ commonName: frontProxyName, usage: 'client' }),
  ]);
  const files = {
    'serving-ca.crt': servingCa.certificatePem,
    'client-ca.crt': clientCa.certificatePem,
    'front-proxy-ca.crt': frontProxyCa.certificatePem,
    'apiserver.crt': apiserver.certificatePem,
    'apiserver.key': apiserver.keyPem,
    'front-proxy-client.crt': frontProxy.certificatePem,
    'front-proxy-client.key': frontProxy.keyPem,
    ...serviceAccountKeys(),
  };
  await mkdir(join(dir, 'pki'));
  for (const [name, pem] of Object.entries(files)) await writeFile(join(dir, 'pki', name), pem, { mode: 0o600 });
  return { servingCa, clientCa, frontProxyCa, admin };
}

function serviceAccountKeys(): Record<'service-account.key' | 'service-account.pub', string> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    'service-account.key': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'service-account.pub': publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}
