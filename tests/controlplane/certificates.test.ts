import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { X509Certificate as Parsed } from '@peculiar/x509';
import { expect, it } from 'vitest';
import { createAuthority } from './certificates.ts';
import { kubeconfig } from './kubeconfig.ts';

it('a leaf is signed by its authority and by no other', async () => {
  const [authority, other] = await Promise.all([createAuthority('ca'), createAuthority('ca')]);
  const leaf = new X509Certificate((await authority.issue({ commonName: 'x', usage: 'client' })).certificatePem);
  expect(leaf.verify(new X509Certificate(authority.certificatePem).publicKey)).toBe(true);
  expect(leaf.verify(new X509Certificate(other.certificatePem).publicKey)).toBe(false);
  expect(leaf.checkIssued(new X509Certificate(authority.certificatePem))).toBe(true);
  expect([new X509Certificate(authority.certificatePem).ca, leaf.ca]).toEqual([true, false]);
});

it('a leaf names its issuer byte for byte as the authority names itself, which Go insists on', async () => {
  const authority = await createAuthority('ca');
  const leaf = new Parsed((await authority.issue({ commonName: 'x', usage: 'client' })).certificatePem);
  const subject = new Parsed(authority.certificatePem).subjectName;
  expect(Buffer.from(leaf.issuerName.toArrayBuffer())).toEqual(Buffer.from(subject.toArrayBuffer()));
});

it('a server is valid for the names and addresses it was issued for', async () => {
  const authority = await createAuthority('ca');
  const names = { dnsNames: ['svc.ns.svc'], ipAddresses: ['127.0.0.1', '::1'] };
  const { certificatePem, keyPem } = await authority.issue({ commonName: 'x', usage: 'server', ...names });
  const leaf = new X509Certificate(certificatePem);
  expect([leaf.checkHost('svc.ns.svc'), leaf.checkHost('other.ns.svc')]).toEqual(['svc.ns.svc', undefined]);
  expect([leaf.checkIP('127.0.0.1'), leaf.checkIP('::1'), leaf.checkIP('10.0.0.1')]).toEqual([
    '127.0.0.1',
    '::1',
    undefined,
  ]);
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
});

it('a user carries the groups as organizations, whatever characters they hold', async () => {
  const authority = await createAuthority('ca');
  const organizations = ['system:masters', 'a, b=c+d'];
  const { certificatePem } = await authority.issue({ commonName: 'jane, "doe"', organizations, usage: 'client' });
  const subject = new X509Certificate(certificatePem).toLegacyObject().subject as unknown as Record<string, unknown>;
  expect(subject).toMatchObject({ CN: 'jane, "doe"', O: organizations });
});

it('a certificate can be issued that has already expired', async () => {
  const authority = await createAuthority('ca');
  const notAfter = new Date('2020-01-02T00:00:00Z');
  const dates = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter };
  const { certificatePem } = await authority.issue({ commonName: 'x', usage: 'client', ...dates });
  expect(new X509Certificate(certificatePem).validToDate).toEqual(notAfter);
});

it('a kubeconfig has one context whose credentials are embedded', () => {
  const common = { server: 'https://127.0.0.1:1', caPem: 'ca', user: 'jane' };
  const withKey = JSON.parse(
    kubeconfig({ ...common, credentials: { certificatePem: 'c', keyPem: 'k' }, namespace: 'n' }),
  );
  expect(withKey.contexts).toEqual([{ name: 'test', context: { cluster: 'test', user: 'jane', namespace: 'n' } }]);
  expect(withKey.users[0].user).toEqual({ 'client-certificate-data': 'Yw==', 'client-key-data': 'aw==' });
  expect(withKey.clusters[0].cluster).toEqual({ server: common.server, 'certificate-authority-data': 'Y2E=' });
  const withToken = JSON.parse(kubeconfig({ ...common, credentials: { token: 't' } }));
  expect(withToken.users).toEqual([{ name: 'jane', user: { token: 't' } }]);
});
