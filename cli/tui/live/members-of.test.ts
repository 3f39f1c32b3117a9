import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { membershipOf } from '../../../apiserver/groups/member.ts';
import type { Issue } from '../../../crds/issue.ts';
import { Asker } from '../../reading/ask.ts';
import { type FakeApi, fakeApi } from '../testing/api-server.ts';
import { issueOf } from '../testing/issues.ts';
import { membersOf } from './members-of.ts';

let api: FakeApi;
let asker: Asker;
beforeEach(async () => {
  api = await fakeApi([]);
  const connection = { server: api.url, name: 'work', headers: async () => ({}) };
  asker = new Asker(connection, new AbortController().signal);
});
afterEach(async () => {
  await asker[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const said = (name: string, namespace: string, what: string): Issue =>
  issueOf({ name: `${name}-abcdefgh`, namespace, reason: 'DiskFull', title: `${name}: ${what}` });
const FULL = [1, 2, 3, 4].map((at) => said(`web-${at}`, 'shop', `no space left after ${at} s`));
const OTHER = said('db', 'shop', 'the volume is read-only');
const NAME =
  membershipOf({
    ...{ namespace: 'shop', name: FULL[0]?.metadata.name ?? '', spec: (FULL[0] as Issue).spec, state: 'Active' },
    ...{ openedAt: 0, hidden: false },
  })?.group.name ?? '';

function serves(origin: string, group: string, listed: readonly Issue[], open: number): void {
  api.answers = ({ pathname }) =>
    pathname.endsWith(`/issuegroups/${NAME}`)
      ? {
          spec: { origin, group },
          status: {
            members: listed.map(({ metadata }) => ({ namespace: metadata.namespace, name: metadata.name })),
            ...{ open, reasons: [{ reason: 'DiskFull', open }] },
          },
        }
      : undefined;
  api.raw = ({ pathname }, response) => {
    if (!pathname.endsWith('/issues')) return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: 'IssueList', metadata: { resourceVersion: '7' }, items: [...FULL, OTHER] }));
    return true;
  };
}

describe('the members of a group', () => {
  it('that findings name are those that name it', async () => {
    serves('Reported', 'CVE-2026-1234', [], 3);
    expect(await membersOf(asker, NAME, undefined)).toEqual({ group: 'CVE-2026-1234' });
    expect(api.asked).toHaveLength(1);
  });

  it('that is proposed are listed by it, as long as it lists all', async () => {
    serves('Proposed', 'no space left', FULL.slice(0, 3), 3);
    const { keys = new Set() } = await membersOf(asker, NAME, undefined);
    expect([...keys]).toEqual(FULL.slice(0, 3).map(({ metadata: { name } }) => `shop/${name}`));
    expect(api.asked).toHaveLength(1);
  });

  it('that is proposed and crowded are found among the issues with its reason, as the server finds them', async () => {
    serves('Proposed', 'no space left', FULL.slice(0, 1), 4);
    const { keys = new Set() } = await membersOf(asker, NAME, 'shop');
    expect([...keys]).toEqual(FULL.map(({ metadata: { name } }) => `shop/${name}`));
    const url = new URL(api.asked[1]?.url ?? '', 'http://x');
    expect([url.pathname, url.searchParams.get('fieldSelector'), url.searchParams.get('labelSelector')]).toEqual([
      ...['/apis/faultline.dev/v1alpha1/namespaces/shop/issues', 'spec.reason=DiskFull', 'faultline.dev/state=Active'],
    ]);
  });
});
