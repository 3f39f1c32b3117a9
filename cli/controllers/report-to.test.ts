import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { reportTo } from './report-to.ts';

it('reads the token again as soon as the server refuses it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-token-'));
  try {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'old\n');
    const none = {
      serverReplicas: undefined,
      serverCaFile: undefined,
      clientCertFile: undefined,
      clientKeyFile: undefined,
    };
    const to = await reportTo({ ...none, server: 'http://127.0.0.1:1', tokenFile });
    expect(await to.headers?.()).toEqual({ authorization: 'Bearer old' });
    await writeFile(tokenFile, 'new\n');
    to.renew?.();
    expect(await to.headers?.()).toEqual({ authorization: 'Bearer new' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
