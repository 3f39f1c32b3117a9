import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestAuthority } from '../../apiserver/kube/access/testing/authority.ts';
import { ensurePki } from './ensure-pki.ts';
import { DAY_MS } from './validity.ts';

const start = Date.UTC(2026, 10, 21, 12);
let dir: string;

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'faultline-pki-')), 'pki');
});
afterEach(() => rm(join(dir, '..'), { recursive: true, force: true }));

const ensure = (at = start, serverNames: string[] = []) => ensurePki(dir, { now: () => at, serverNames });
const days = (cert: string, from: number) =>
  Math.round((new X509Certificate(cert).validToDate.getTime() - from) / DAY_MS);
const publicKeyOf = (pem: string) => {
  const der = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
  return webcrypto.subtle.importKey('spki', der, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
};
const mode = async (path: string) => (await stat(path)).mode & 0o777;

describe('ensurePki on an empty folder', () => {
  it('makes an authority of 10 years and leaves of one year on P-256', async () => {
    const pki = await ensure();
    expect(days(pki.ca, start)).toBe(3650);
    for (const { cert, key } of [pki.server, pki.admin, pki.controllers]) {
      expect(days(cert, start)).toBe(365);
      expect(createPrivateKey(key).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
      expect(new X509Certificate(cert).checkIssued(new X509Certificate(pki.ca))).toBe(true);
    }
  });

  it('names loopback and the extra names in the serving certificate, and only there', async () => {
    const pki = await ensure(start, ['faultline.faultline-system.svc', '10.0.0.7']);
    const server = new X509Certificate(pki.server.cert);
    for (const name of ['localhost', 'faultline.faultline-system.svc']) expect(server.checkHost(name)).toBe(name);
    for (const address of ['127.0.0.1', '::1', '10.0.0.7']) expect(server.checkIP(address)).toBe(address);
    expect(new X509Certificate(pki.admin.cert).subjectAltName).toBeUndefined();
  });

  it('makes the admin a master and the controllers a plain user, both for client authentication only', async () => {
    const pki = await ensure();
    const admin = new X509Certificate(pki.admin.cert);
    const controllers = new X509Certificate(pki.controllers.cert);
    expect(admin.subject).toBe('O=system:masters\nCN=faultline-admin');
    expect(controllers.subject).toBe('CN=faultline-controllers');
    expect([admin.keyUsage, controllers.keyUsage]).toEqual([['1.3.6.1.5.5.7.3.2'], ['1.3.6.1.5.5.7.3.2']]);
    expect(new X509Certificate(pki.server.cert).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  it('keeps keys and folder from other users and leaves no temporary file', async () => {
    await ensure();
    expect(await mode(dir)).toBe(0o700);
    const files = await readdir(dir);
    expect(files.sort()).toEqual(['admin', 'ca', 'controllers', 'server'].flatMap((n) => [`${n}.crt`, `${n}.key`]));
    for (const file of files.filter((name) => name.endsWith('.key'))) expect(await mode(join(dir, file))).toBe(0o600);
  });
});

describe('ensurePki on a folder that it made', () => {
  it('keeps every file while all is well', async () => {
    const { renewed: _, ...first } = await ensure();
    expect(await ensure(start + 334 * DAY_MS)).toEqual({ ...first, renewed: [] });
  });

  it('renews leaves that have less than 30 days left and keeps the authority', async () => {
    const first = await ensure();
    const later = start + 336 * DAY_MS;
    const second = await ensure(later);
    expect(second.ca).toBe(first.ca);
    expect(days(second.server.cert, later)).toBe(365);
    expect(second.renewed).toHaveLength(3);
    expect(second.renewed[0]).toMatch(/^server: it would have expired at /);
  });

  it('renews everything when the authority nears its end', async () => {
    const first = await ensure();
    const second = await ensure(start + 3640 * DAY_MS);
    expect(second.ca).not.toBe(first.ca);
    expect(second.renewed).toHaveLength(4);
  });

  it('issues a new serving certificate for a new name, and none when a name is taken away', async () => {
    await ensure();
    const second = await ensure(start, ['faultline.x.svc']);
    expect(second.renewed).toEqual([expect.stringMatching(/^server: it did not cover .*faultline\.x\.svc/)]);
    expect((await ensure()).renewed).toEqual([]);
  });

  it('issues all leaves again when the authority was replaced', async () => {
    await ensure();
    await rm(join(dir, 'ca.key'));
    const second = await ensure();
    expect(second.renewed).toEqual([
      'ca: the key was missing',
      'server: the authority changed',
      'admin: the authority changed',
      'controllers: the authority changed',
    ]);
    expect(new X509Certificate(second.admin.cert).verify(new X509Certificate(second.ca).publicKey)).toBe(true);
  });

  it('does not keep a leaf that another authority of the same name and key identifier signed', async () => {
    const first = await ensure();
    const forged = await (await createTestAuthority({ name: 'faultline-ca' })).issue({
      name: 'faultline-controllers',
      claims: { ...(await createTestAuthority({ name: 'x' })), publicKey: await publicKeyOf(first.ca) },
    });
    await writeFile(join(dir, 'controllers.crt'), forged.cert);
    await writeFile(join(dir, 'controllers.key'), forged.key);
    expect((await ensure()).renewed).toEqual(['controllers: the authority changed']);
  });

  it.each([
    ['garbage', 'admin.crt', 'not a certificate', 'admin: the files were damaged'],
    ['an empty file, as a full disk leaves it', 'admin.key', '', 'admin: the files were damaged'],
  ])('makes a pair again that holds %s', async (_, file, content, reason) => {
    await ensure();
    await writeFile(join(dir, file), content);
    expect((await ensure()).renewed).toEqual([reason]);
    expect((await ensure()).renewed).toEqual([]);
  });

  it('does not use a key that belongs to another certificate', async () => {
    await ensure();
    await writeFile(join(dir, 'server.key'), await readFile(join(dir, 'admin.key')));
    expect((await ensure()).renewed).toEqual(['server: key and certificate did not match']);
  });

  it('does not take the controllers for the admin when their files were exchanged', async () => {
    const first = await ensure();
    await writeFile(join(dir, 'controllers.crt'), first.admin.cert);
    await writeFile(join(dir, 'controllers.key'), first.admin.key);
    const second = await ensure();
    expect(second.renewed).toEqual(['controllers: it named somebody else']);
    expect(new X509Certificate(second.controllers.cert).subject).toBe('CN=faultline-controllers');
  });

  it('makes a certificate again that a clock ahead of ours has made', async () => {
    await ensure(start + DAY_MS);
    expect((await ensure(start)).renewed).toHaveLength(4);
  });

  it('narrows modes that somebody widened', async () => {
    await ensure();
    await chmod(dir, 0o755);
    await chmod(join(dir, 'admin.key'), 0o644);
    await ensure();
    expect([await mode(dir), await mode(join(dir, 'admin.key'))]).toEqual([0o700, 0o600]);
  });

  it('says which file it cannot read', async () => {
    await ensure();
    await rm(join(dir, 'ca.crt'));
    const { mkdir } = await import('node:fs/promises');
    await mkdir(join(dir, 'ca.crt'));
    await expect(ensure()).rejects.toThrow(/cannot read .*ca\.crt/);
  });
});
