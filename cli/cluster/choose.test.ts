import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordedStreams } from '../testing/recorded-streams.ts';
import { chooseCluster } from './choose.ts';

let directory: string;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'faultline-choose-')));
  const kubeconfig = {
    'current-context': 'work',
    clusters: [{ name: 'c', cluster: { server: 'https://cluster.example' } }],
    users: [{ name: 'u', user: {} }],
    contexts: ['work', 'other'].map((name) => ({ name, context: { cluster: 'c', user: 'u' } })),
  };
  await writeFile(join(directory, 'kubeconfig'), JSON.stringify(kubeconfig));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const choose = (flags: Parameters<typeof chooseCluster>[0], configured?: Parameters<typeof chooseCluster>[1]) =>
  chooseCluster(flags, configured, recordedStreams({ directory, env: { KUBECONFIG: 'kubeconfig' } }));

describe('where objects come from', () => {
  it('is a live cluster with --cluster, whatever the configuration says', async () => {
    const chosen = await choose({ cluster: true }, { folder: directory });
    expect(chosen).toMatchObject({ kind: 'live', connection: { name: 'work' } });
  });

  it('is a live cluster with --context or --kubeconfig alone', async () => {
    expect(await choose({ context: 'other' })).toMatchObject({ connection: { name: 'other' } });
    expect(await choose({ kubeconfig: join(directory, 'kubeconfig') })).toMatchObject({ kind: 'live' });
  });

  it('is what the configuration says without flags', async () => {
    expect(await choose({}, { folder: directory })).toEqual({ kind: 'folder', folder: directory, isExample: false });
    expect(await choose({}, { context: 'other' })).toMatchObject({ kind: 'live', connection: { name: 'other' } });
  });

  it('is refused in one line when the folder is missing', async () => {
    await expect(choose({}, { folder: '/nowhere' })).rejects.toThrow(
      /^the folder \/nowhere .* cannot be read: ENOENT$/,
    );
  });
});
