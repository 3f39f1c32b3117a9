import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LEADER_ELECTION, type LeaderElectionConfiguration } from '../../crds/leader-election.ts';
import type { ChosenCluster } from '../cluster/choose.ts';
import { parseConfiguration } from '../configuration/load.ts';
import { createLog } from '../log.ts';
import { recordedOutput } from '../testing/recorded-streams.ts';
import { leadersOf } from './leaders.ts';

const live = (name: string): ChosenCluster => ({
  kind: 'live',
  connection: { server: 'https://127.0.0.1:1', name, headers: async () => ({}) },
});
const folder: ChosenCluster = { kind: 'folder', folder: '/x', isExample: true };

interface Given {
  readonly chosen?: ChosenCluster;
  readonly flags?: Partial<LeaderElectionConfiguration>;
  readonly written?: Partial<LeaderElectionConfiguration>;
  readonly shards?: number;
  readonly name?: string;
}

async function leaders({ chosen = live('in-cluster'), flags = {}, written = {}, shards, name = 'x' }: Given) {
  await using closing = new AsyncDisposableStack();
  const issues = { clusterScopedNamespace: 'faultline-system' } as never;
  const leaderElection = { ...DEFAULT_LEADER_ELECTION, ...written };
  return leadersOf({
    options: { name, leaderElection: flags },
    configuration: { issues, leaderElection, ...(shards !== undefined && { sharding: { shards } }) },
    ...{ chosen, closing, registry: new Registry() },
    log: createLog({ level: 'silent', format: 'json' }, recordedOutput(), {}),
  });
}

describe('whether there is an election', () => {
  it.each<[string, Given, boolean]>([
    ['in a pod, by default', {}, true],
    ['in a pod, not when the flag says so', { flags: { enabled: false } }, false],
    ['in a pod, not when the configuration says so', { written: { enabled: false } }, false],
    ['the flag is stronger', { flags: { enabled: true }, written: { enabled: false } }, true],
    ['with a kubeconfig, not by default', { chosen: live('kind-kind') }, false],
    ['with a kubeconfig, when it is asked for', { chosen: live('kind-kind'), flags: { enabled: true } }, true],
    ['with shards always', { chosen: live('kind-kind'), shards: 2 }, true],
    ['of a folder there is none', { chosen: folder }, false],
  ])('%s', async (_, given, elected) => {
    expect((await leaders(given)) !== undefined).toBe(elected);
  });

  it.each<[string, Given, RegExp]>([
    ['a folder has no Leases', { chosen: folder, flags: { enabled: true } }, /^an election needs a cluster/],
    ['shards need an election', { shards: 2, flags: { enabled: false } }, /^sharding needs an election/],
    ['a name that is no name of a Lease', { name: 'Me' }, /^--name "Me" cannot name a Lease: .* at most 48 of a-z/],
    [
      'times that contradict',
      { flags: { renewDeadline: '20s' } },
      /^the election: leaseDuration must be longer than renewDeadline/,
    ],
    ['what is no duration', { flags: { retryPeriod: 'soon' } }, /^the election: must be a duration such as 2s/],
  ])('%s', async (_, given, message) => {
    await expect(leaders(given)).rejects.toThrow(message);
  });
});

it('the configurations of its page are valid', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/operate-controllers.md'), 'utf8');
  const snippets = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text as string);
  expect(snippets).toHaveLength(2);
  for (const text of snippets) {
    const head = 'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\n';
    const { faults } = parseConfiguration('page', head + text, '/', { builtIns: [], parseLabelSelector: () => {} });
    expect(faults).toEqual([]);
  }
});
