import { setImmediate as turn } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { clientCertificatesOnly, parseAuthenticationConfig } from './authentication-config.ts';
import { type AuthenticationConfigSource, AuthenticationConfiguration } from './authentication-config-watch.ts';
import { createTestAuthority, type TestAuthority } from './testing/authority.ts';

let one: TestAuthority;
let two: TestAuthority;
beforeAll(async () => {
  [one, two] = await Promise.all([createTestAuthority({ name: 'one' }), createTestAuthority({ name: 'two' })]);
});

const data = () => ({
  'client-ca-file': one.cert + two.cert,
  'requestheader-client-ca-file': two.cert,
  'requestheader-allowed-names': '["front-proxy-client"]',
  'requestheader-username-headers': '["X-Remote-User"]',
  'requestheader-group-headers': '["X-Remote-Group"]',
  'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
});

describe('A3 the ConfigMap extension-apiserver-authentication', () => {
  it('is read with its bundles apart, and header names in lower case', () => {
    const config = parseAuthenticationConfig(data());
    expect(config.clientRoots.map(({ subject }) => subject)).toEqual(['CN=one', 'CN=two']);
    expect(config.requestHeader).toMatchObject({
      allowedNames: ['front-proxy-client'],
      usernameHeaders: ['x-remote-user'],
      groupHeaders: ['x-remote-group'],
      extraHeaderPrefixes: ['x-remote-extra-'],
    });
    expect(config.requestHeader?.roots.map(({ subject }) => subject)).toEqual(['CN=two']);
  });

  it('names no uid header when it has none: a caller of an older aggregator could set it', () => {
    expect(parseAuthenticationConfig(data()).requestHeader?.uidHeaders).toEqual([]);
    const newer = { ...data(), 'requestheader-uid-headers': '["X-Remote-Uid"]' };
    expect(parseAuthenticationConfig(newer).requestHeader?.uidHeaders).toEqual(['x-remote-uid']);
  });

  it('switches off what it does not configure', () => {
    expect(parseAuthenticationConfig({})).toEqual({ clientRoots: [] });
    expect(clientCertificatesOnly(one.cert).requestHeader).toBeUndefined();
  });

  it.each([
    [
      { 'requestheader-allowed-names': 'front-proxy-client' },
      'requestheader-allowed-names is not a JSON list of strings',
    ],
    [{ 'requestheader-allowed-names': '[1]' }, 'requestheader-allowed-names is not a JSON list of strings'],
    [{ 'client-ca-file': 'oops' }, 'client-ca-file holds no PEM certificate'],
    [
      { 'client-ca-file': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      'certificate 1 of client-ca-file cannot be read',
    ],
  ])('is refused with the key that is wrong: %j', (part, message) => {
    expect(() => parseAuthenticationConfig({ ...data(), ...part })).toThrow(message);
  });
});

/** A source of which the test is the cluster. */
function manualSource() {
  const calls: ((value: Record<string, string> | Error) => void)[] = [];
  const source: AuthenticationConfigSource = {
    async *watch(signal) {
      while (!signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<Record<string, string> | Error>();
        calls.push(resolve);
        signal.addEventListener('abort', () => resolve(new Error('aborted')));
        const next = await promise;
        if (next instanceof Error) throw next;
        yield next;
      }
    },
  };
  const give = async (value: Record<string, string> | Error) => {
    await vi.waitFor(() => expect(calls.length).toBeGreaterThan(0));
    calls.shift()?.(value);
    await turn();
  };
  return { source, give };
}

describe('A4 the configuration of this moment', () => {
  const start = (source: AuthenticationConfigSource, faults: string[] = []) => {
    const retryMs = { first: 1, longest: 1 };
    const configuration = new AuthenticationConfiguration({ source, retryMs, onFault: (text) => faults.push(text) });
    configuration.start();
    return configuration;
  };

  it('is unknown until it was read, and follows every change', async () => {
    const { source, give } = manualSource();
    await using configuration = start(source);
    expect(configuration.current).toBeUndefined();
    await give({ 'client-ca-file': one.cert });
    expect(configuration.current?.clientRoots[0]?.subject).toBe('CN=one');
    await give({ 'client-ca-file': two.cert });
    expect(configuration.current?.clientRoots[0]?.subject).toBe('CN=two');
  });

  it('stays the same object while nothing changes, so that verdicts stay cached', async () => {
    const { source, give } = manualSource();
    await using configuration = start(source);
    await give(data());
    const before = configuration.current;
    await give(data());
    expect(configuration.current).toBe(before);
  });

  it('is tried for ever, and a fault is told once', async () => {
    const { source, give } = manualSource();
    const faults: string[] = [];
    await using configuration = start(source, faults);
    for (let attempt = 0; attempt < 5; attempt++) await give(new Error('no route to host'));
    expect(faults).toEqual(['ConfigMap kube-system/extension-apiserver-authentication: no route to host']);
    await give(data());
    expect(configuration.current).toBeDefined();
  });

  it('tells a fault again when it comes back after the ConfigMap could be read', async () => {
    const { source, give } = manualSource();
    const faults: string[] = [];
    await using _ = start(source, faults);
    for (const next of [data(), new Error('away'), data(), new Error('away')]) await give(next);
    await vi.waitFor(() => expect(faults).toHaveLength(2));
  });

  it('keeps the last good version when a new one cannot be used', async () => {
    const { source, give } = manualSource();
    const faults: string[] = [];
    await using configuration = start(source, faults);
    await give(data());
    const good = configuration.current;
    await give({ ...data(), 'client-ca-file': 'oops' });
    expect(configuration.current).toBe(good);
    expect(faults).toEqual([expect.stringContaining('client-ca-file holds no PEM certificate')]);
  });
});
