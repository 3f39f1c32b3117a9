import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { apiServiceManifests } from './api-service.ts';
import { apiserverFlags, controllerManagerFlags, etcdFlags } from './flags.ts';
import { freePort } from './ports.ts';
import { newestVersion, settingArgs } from './postgres.ts';
import { descendants, isRunning, parentOf } from './process-tree.ts';

describe('the flags', () => {
  const flags = apiserverFlags('/d', { etcd: 1, apiserver: 2 });

  it('let the aggregator reach this machine and speak for users', () => {
    expect(flags).toContain('--enable-aggregator-routing=false');
    expect(flags).toContain('--proxy-client-cert-file=/d/pki/front-proxy-client.crt');
    expect(flags).toContain('--requestheader-allowed-names=front-proxy-client');
  });

  it('keep the authority of users and the one of the front proxy apart', () => {
    expect(flags).toContain('--client-ca-file=/d/pki/client-ca.crt');
    expect(flags).toContain('--requestheader-client-ca-file=/d/pki/front-proxy-ca.crt');
  });

  it('bind nothing but loopback', () => {
    const all = [...flags, ...etcdFlags('/d', 1, false), ...controllerManagerFlags('/d', 3, ['*'])].join(' ');
    expect(all).not.toMatch(/[=/](0\.0\.0\.0|\[::\])/);
    expect(all.match(/--bind-address=127\.0\.0\.1/g)).toHaveLength(2);
  });

  it('let etcd sync only when asked to', () => {
    expect(etcdFlags('/d', 1, false)).toContain('--unsafe-no-fsync');
    expect(etcdFlags('/d', 1, true)).not.toContain('--unsafe-no-fsync');
  });
});

it('an APIService points over an ExternalName to a port of this machine', () => {
  const options = { group: 'g.dev', version: 'v1', port: 7, caPem: 'ca' };
  const [namespace, service, apiService] = apiServiceManifests(options);
  expect(namespace.metadata.name).toBe('faultline-system');
  expect(service.spec).toMatchObject({ externalName: 'localhost', ports: [{ port: 7 }] });
  expect(apiService.metadata.name).toBe('v1.g.dev');
  expect(apiService.spec.service).toEqual({ namespace: 'faultline-system', name: 'faultline', port: 7 });
});

it('a free port can be listened on and is given out once', async () => {
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  expect(new Set(ports).size).toBe(3);
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(ports[0], '127.0.0.1', resolve));
  server.close();
});

describe('the process tree', () => {
  it('reads the parent behind a name with spaces and brackets', () => {
    expect(parentOf('12 (a) b (c) S 7 12 12 0')).toBe(7);
  });

  it('finds a child, and does not call it running once it has ended', async () => {
    const child = spawn('/bin/sleep', ['60']);
    const pid = child.pid as number;
    expect(await descendants(process.pid)).toContain(pid);
    expect(isRunning(pid)).toBe(true);
    child.kill('SIGKILL');
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});

describe('PostgreSQL', () => {
  it('is the newest version that Debian has a folder for', () => {
    expect(newestVersion(['9.6', '15', '9', '17', 'common'])).toBe('17');
    expect(newestVersion([])).toBeUndefined();
  });

  it('gets each setting as an argument', () => {
    expect(settingArgs({ fsync: 'off', port: '5' })).toEqual(['-c', 'fsync=off', '-c', 'port=5']);
  });
});
