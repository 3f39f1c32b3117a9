import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServingCertificate } from '../../apiserver/server.ts';
import { ensurePki } from '../pki/index.ts';
import { readCertificate, watchCertificate } from './certificate-files.ts';

let directory: string;
let certFile: string;
let keyFile: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-certificate-'));
  certFile = join(directory, 'tls.crt');
  keyFile = join(directory, 'tls.key');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function issue(name: string): Promise<{ cert: string; key: string }> {
  return (await ensurePki(join(directory, name), { now: Date.now })).server;
}
async function write({ cert, key }: { cert: string; key: string }): Promise<void> {
  await writeFile(certFile, cert);
  await writeFile(keyFile, key);
}

describe('the serving certificate', () => {
  it('is read from its two files', async () => {
    const issued = await issue('one');
    await write(issued);
    expect(await readCertificate(certFile, keyFile)).toEqual({ cert: issued.cert, key: issued.key });
  });

  it('that cannot be used is told in one line that names the file', async () => {
    await expect(readCertificate(certFile, keyFile)).rejects.toThrow(/^cannot read \S+tls\.\w+: no such file$/);
    const [one, two] = [await issue('one'), await issue('two')];
    await write({ cert: one.cert, key: two.key });
    await expect(readCertificate(certFile, keyFile)).rejects.toThrow(/^\S+tls\.key is not the key of \S+tls\.crt$/);
    await write({ cert: 'x', key: one.key });
    await expect(readCertificate(certFile, keyFile)).rejects.toThrow(/^\S+tls\.crt holds no certificate in PEM$/);
  });

  it('is renewed when both files were replaced, and stays while they do not fit', async () => {
    const [one, two] = [await issue('one'), await issue('two')];
    await write(one);
    const ending = new AbortController();
    const changes: ServingCertificate[] = [];
    const faults: string[] = [];
    // What happens between two looks at the files.
    const steps = [() => writeFile(certFile, two.cert), () => Promise.resolve(), () => writeFile(keyFile, two.key)];
    const clock = {
      now: () => 0,
      after(ms: number, callback: () => void) {
        expect(ms).toBe(30_000);
        const step = steps.shift();
        if (step === undefined) ending.abort();
        void (step?.() ?? Promise.resolve()).then(callback);
        return () => {};
      },
    };
    await watchCertificate(one, {
      certFile,
      keyFile,
      clock,
      signal: ending.signal,
      onChange: (certificate) => changes.push(certificate),
      onFault: (message) => faults.push(message),
    });
    expect(changes).toEqual([{ cert: two.cert, key: two.key }]);
    expect(faults).toEqual([expect.stringContaining('is not the key of')]);
  });
});
