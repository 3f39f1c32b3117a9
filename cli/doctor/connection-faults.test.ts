import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../exit.ts';
import { faultOfAnswer, unreachable } from '../reading/fault.ts';
import { freePort } from '../testing/free-port.ts';
import { startCommand } from '../testing/running-command.ts';
import { CONNECTION_FAULTS, connectionFault } from './connection-faults.ts';
import type { Finding } from './finding.ts';

const URL_ = 'https://api.example.com:6443';
const connection = { server: URL_, name: 'work', headers: async () => ({}) };
/** As Node says it, through the one place that makes a line of it. */
const failed = (code: string, message = code) => unreachable(Object.assign(new Error(message), { code }), connection);
const answered = (status: number) => faultOfAnswer(status, '', connection);

describe('each fault of a connection has a cause and a fix of its own', () => {
  const EXAMPLES: readonly (readonly [string, Failure, string, RegExp])[] = [
    ['no kubeconfig', new Failure('cannot read the kubeconfig x (the default): no such file'), 'kubeconfig', /--kubeconfig or \$KUBECONFIG/],
    ['a broken kubeconfig', new Failure('x is no usable kubeconfig: a tab'), 'kubeconfig', /kubectl config view/],
    ['an unknown context', new Failure('x has no context "y" (it has z)'), 'kubeconfig', /kubectl config get-contexts/],
    ['an exec plugin that is missing', new Failure('the context "w" (x) gives no credentials: its program "kubelogin" is not there, or not on PATH'), 'credentials', /install the program/],
    ['an exec plugin that fails', new Failure('the context "w" (x) gives no credentials: exit 1'), 'credentials', /by hand/],
    ['an expired client certificate', new Failure('https://x does not know you: the client certificate of the kubeconfig expired at 2020'), 'credentials', /new kubeconfig/],
    ['nobody knows who asks (401)', answered(401), 'credentials', /log in again/],
    ['who asks may nothing (403)', answered(403), 'rights', /system:public-info-viewer/],
    ['an expired certificate of the server', failed('CERT_HAS_EXPIRED'), 'certificate', /certs renew/],
    ['a certificate that is not valid yet', failed('CERT_NOT_YET_VALID'), 'certificate', /clock/],
    ['a certificate for another host', failed('ERR_TLS_CERT_ALTNAME_INVALID'), 'certificate', /no name api\.example\.com: .* --tls-server-name/],
    ['an unknown authority', failed('SELF_SIGNED_CERT_IN_CHAIN'), 'certificate', /--certificate-authority/],
    ['a server without TLS', failed('EPROTO', 'ssl3_get_record:wrong version number'), 'server', /http:\/\/ instead of https:\/\/ for api\.example\.com:6443/],
    ['a proxy that does not connect', new Failure('cannot reach x: the proxy p does not connect to x: 403'), 'server', /NO_PROXY=api\.example\.com/],
    ['nobody listens', failed('ECONNREFUSED'), 'server', /nothing listens at api\.example\.com:6443/],
    ['an unknown name', failed('ENOTFOUND'), 'server', /nobody knows the name api\.example\.com/],
    ['no answer', failed('', 'no answer for 10 s'), 'server', /nothing comes back from api\.example\.com/],
    ['a connection that is cut', failed('ECONNRESET', 'socket hang up'), 'server', /closes the connection/],
    ['no Kubernetes', answered(404), 'server', /is no Kubernetes API server/],
    ['a server in trouble', answered(500), 'server', /readyz/],
  ]; // biome-ignore format: a table

  it.each(EXAMPLES)('%s', (name, failure, check, fix) => {
    expect(connectionFault(failure, URL_)).toEqual({
      ...{ check, verdict: 'failed', message: failure.message, fix: expect.stringMatching(fix) },
    });
    expect(CONNECTION_FAULTS.find((each) => each.fix(new URL(URL_)) === connectionFault(failure, URL_).fix)?.name).toBe(
      name,
    );
  });

  it('and none is without an example, nor has the fix of another', () => {
    expect(EXAMPLES.map(([name]) => name)).toEqual(CONNECTION_FAULTS.map(({ name }) => name));
    expect(new Set(CONNECTION_FAULTS.map(({ fix }) => fix(new URL(URL_)))).size).toBe(CONNECTION_FAULTS.length);
  });

  it('a password in the address of a server is in none of it', () => {
    const secret = { ...connection, server: 'https://me:sesame@api.example.com:6443' };
    const { message, fix } = connectionFault(faultOfAnswer(404, '', secret), secret.server);
    expect(`${message} ${fix}`).toContain('https://api.example.com:6443');
    expect(`${message} ${fix}`).not.toContain('sesame');
  });

  it('what nobody thought of is told with what always helps', () => {
    expect(connectionFault(new Failure('?'), undefined)).toMatchObject({
      check: 'server',
      fix: expect.stringContaining('cluster-info'),
    });
  });
});

describe('faultline doctor before anything answers', () => {
  let directory: string;
  let made: { host: Pair; own: Pair };
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-faults-'));
    const [host, own] = await Promise.all([pair('other.example.com'), pair('127.0.0.1')]);
    made = { host, own };
  });
  afterAll(async () => rm(directory, { recursive: true, force: true }));

  async function examined(server: string, cluster: object = {}, user: object = { token: 'sesame' }) {
    const config = {
      'current-context': 'work',
      clusters: [{ name: 'c', cluster: { server, ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'work', context: { cluster: 'c', user: 'u' } }],
    };
    await writeFile(join(directory, 'config'), JSON.stringify(config));
    const command = startCommand(['doctor', '-o', 'json'], {
      directory,
      env: { KUBECONFIG: 'config', HOME: directory },
    });
    const code = await command.exitCode;
    const { findings } = JSON.parse(command.out.text()) as { findings: Finding[] };
    expect([code, findings.length, command.err.text()]).toEqual([1, 1, '']);
    return findings[0] as Finding;
  }

  it('a port where nobody listens', async () => {
    const port = await freePort();
    const finding = await examined(`https://127.0.0.1:${port}`);
    expect(finding).toMatchObject({
      check: 'server',
      fix: expect.stringContaining(`nothing listens at 127.0.0.1:${port}`),
    });
  });

  it('a program for credentials that is not there, and one that fails without a word', async () => {
    const exec = (command: string) => ({
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' },
    });
    expect(await examined('https://127.0.0.1:1', {}, exec('no-such-login'))).toMatchObject({
      ...{
        check: 'credentials',
        message: expect.stringContaining('its program "no-such-login" is not there, or not on PATH'),
      },
      fix: expect.stringContaining('install the program'),
    });
    expect(await examined('https://127.0.0.1:1', {}, exec('false'))).toMatchObject({
      ...{ check: 'credentials', message: expect.stringContaining('failed without a word') },
      fix: expect.stringContaining('by hand'),
    });
  });

  it('TLS: another authority, another host, and none at all', async () => {
    for (const [pair, known, fix] of [
      ['own', false, /--certificate-authority/],
      ['host', true, /the certificate has no name 127\.0\.0\.1/],
    ] as const) {
      const tls = createTlsServer(made[pair], (_, response) => response.end('{}'));
      await new Promise<void>((listening) => tls.listen(0, '127.0.0.1', listening));
      const cluster = known ? { 'certificate-authority-data': btoa(made[pair].cert) } : {};
      const finding = await examined(`https://127.0.0.1:${(tls.address() as AddressInfo).port}`, cluster);
      expect(finding).toMatchObject({ check: 'certificate', fix: expect.stringMatching(fix) });
      tls.close();
    }
    const plain = createServer((_, response) => response.end('{}'));
    await new Promise<void>((listening) => plain.listen(0, '127.0.0.1', listening));
    const { port } = plain.address() as AddressInfo;
    expect(await examined(`https://127.0.0.1:${port}`)).toMatchObject({
      ...{ check: 'server', message: expect.stringContaining('speaks no TLS') },
      fix: expect.stringContaining('write http:// instead'),
    });
    plain.close();
  });
});

interface Pair {
  readonly key: string;
  readonly cert: string;
}

async function pair(name: string): Promise<Pair> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const type = /^\d/.test(name) ? 'ip' : 'dns';
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: `CN=${name}`, keys, signingAlgorithm: algorithm },
    ...{ notBefore: new Date('2019-01-01'), notAfter: new Date('2099-01-01') },
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type, value: name }]),
      new x509.BasicConstraintsExtension(true),
    ],
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const key = `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
  return { key, cert: certificate.toString('pem') };
}
