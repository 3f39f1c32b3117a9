import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClusterApi } from '../../apiserver/kube/access/index.ts';
import { createTestAuthority, SERVER_AUTH } from '../../apiserver/kube/access/testing/authority.ts';
import { createKubeClient } from '../../controllers/runtime/index.ts';
import { createLog } from '../log.ts';
import { Asker } from '../reading/ask.ts';
import { openTelemetry } from '../telemetry.ts';
import { recordedOutput } from '../testing/recorded-streams.ts';
import { proxyOf, proxyUrl, tunnelThrough } from './proxy.ts';

describe('the proxy of the environment', () => {
  const env = { HTTPS_PROXY: 'http://proxy.example:3128' };
  const of = (server: string, noProxy = '', more: Record<string, string> = {}) =>
    proxyOf(server, { ...env, NO_PROXY: noProxy, ...more })?.href;

  it('is HTTPS_PROXY for https, HTTP_PROXY for http; lower case wins, and a scheme may be left out', () => {
    expect(of('https://cluster.example:6443')).toBe('http://proxy.example:3128/');
    expect(of('http://cluster.example')).toBeUndefined();
    expect(of('http://cluster.example', '', { HTTP_PROXY: 'plain:1' })).toBe('http://plain:1/');
    expect(of('https://cluster.example', '', { https_proxy: 'http://lower:1' })).toBe('http://lower:1/');
    expect(of('https://cluster.example', '', { https_proxy: '' })).toBeUndefined();
  });

  it.each(['https://localhost:6443', 'https://127.0.0.1:6443', 'https://[::1]:6443'])(
    'is never used for %s',
    (server) => {
      expect(of(server)).toBeUndefined();
    },
  );

  it.each([
    ['https://a.cluster.example:6443', '*'],
    ['https://a.cluster.example:6443', 'other, cluster.example'],
    ['https://a.cluster.example:6443', '.cluster.example'],
    ['https://a.cluster.example:6443', '*.cluster.example'],
    ['https://A.Cluster.example:6443', 'a.cluster.EXAMPLE:6443'],
    ['https://10.96.0.1', '10.96.0.0/12'],
    ['https://10.96.0.1', '10.96.0.1:443'],
    ['https://[fd00::1]', 'fd00::/8'],
    ['https://[fd00::1]:6443', '[fd00::1]:6443'],
  ])('is not used for %s with NO_PROXY=%s', (server, noProxy) => {
    expect(of(server, noProxy)).toBeUndefined();
  });

  it.each([
    ['https://cluster.example', '.cluster.example'],
    ['https://notcluster.example', 'cluster.example'],
    ['https://cluster.example:6443', 'cluster.example:443'],
    ['https://10.196.0.1', '10.96.0.0/12'],
    ['https://10.96.0.1', 'fd00::/8'],
    ['https://cluster.example', ''],
  ])('is used for %s with NO_PROXY=%s', (server, noProxy) => {
    expect(of(server, noProxy)).toBeDefined();
  });

  it('that faultline does not know is refused in one line without its password', () => {
    expect(() => proxyUrl('socks5://me:secret@proxy:1080', 'HTTPS_PROXY')).toThrow(
      'HTTPS_PROXY: socks5://proxy:1080 is no http:// or https:// proxy, which are the ones that faultline knows',
    );
  });
});

describe('a tunnel', () => {
  let proxy: Server;
  let api: Awaited<ReturnType<typeof serve>>;
  const asked: (string | undefined)[] = [];
  let answer = 'HTTP/1.1 200 Connection established\r\n\r\n';
  beforeEach(async () => {
    asked.length = 0;
    api = await serve();
    // What is not TLS is forwarded, as to every proxy.
    const forward = createServer(({ url }, response) => {
      asked.push(url);
      response.end('{}');
    });
    proxy = forward.on('connect', ({ url, headers }, client) => {
      asked.push(url, headers['proxy-authorization']);
      client.write(answer);
      if (!answer.includes(' 200 ')) return void client.end();
      const upstream = connect(api.port, '127.0.0.1');
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    answer = 'HTTP/1.1 200 Connection established\r\n\r\n';
    proxy.closeAllConnections();
    proxy.close();
    await api.close();
  });
  const tunnel = () => tunnelThrough(new URL(`http://me:s%20t@127.0.0.1:${(proxy.address() as AddressInfo).port}`));

  /** Reached under a name that only the proxy knows. */
  async function serve() {
    const { createServer: createTlsServer } = await import('node:https');
    const authority = await createTestAuthority({ name: 'cluster' });
    const { cert, key } = await authority.issue({
      name: 'cluster.example',
      hosts: ['cluster.example'],
      usages: [SERVER_AUTH],
    });
    const server = createTlsServer({ cert, key }, (_, response) => response.end('{"kind":"Namespace"}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
    return { ca: authority.cert, port: (server.address() as AddressInfo).port, close };
  }

  it('carries the requests of every client, verified against the name of the cluster, with the credentials of the proxy', async () => {
    const connection = { server: 'https://cluster.example:6443', ca: Buffer.from(api.ca), tunnel: tunnel() };
    await using cluster = createClusterApi(connection);
    expect(await cluster.get('/api')).toEqual({ kind: 'Namespace' });
    await using client = createKubeClient(connection);
    const { status } = await client.request('/api', { signal: AbortSignal.timeout(20_000) });
    expect(status).toBe(200);
    await using reader = new Asker(
      { ...connection, name: 'work', headers: async () => ({}) },
      AbortSignal.timeout(20_000),
    );
    expect((await reader.json('/api')).body).toEqual({ kind: 'Namespace' });
    const credentials = `Basic ${Buffer.from('me:s t').toString('base64')}`;
    expect(asked).toEqual(Array(3).fill(['cluster.example:6443', credentials]).flat());
  });

  it('carries traces', async () => {
    const proxied = { HTTP_PROXY: `127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318', ...proxied };
    await using tracer = await openTelemetry(
      env,
      'x',
      createLog({ level: 'silent', format: 'json' }, recordedOutput(), {}),
    );
    tracer?.start('look')?.end();
    await tracer?.flush();
    expect(asked).toEqual(['http://collector.example:4318/v1/traces']);
  });

  it('that the proxy refuses is told with the proxy and what it answered', async () => {
    answer = 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n';
    await using cluster = createClusterApi({ server: 'https://cluster.example', ca: api.ca, tunnel: tunnel() });
    await expect(cluster.get('/api')).rejects.toThrow(
      /the proxy 127\.0\.0\.1:\d+ does not connect to cluster\.example:443: it answered 407/,
    );
  });
});
