import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { membershipOf } from '../../../apiserver/groups/member.ts';
import type { Issue } from '../../../crds/issue.ts';
import { Asker } from '../../reading/ask.ts';
import type { MembersOf } from '../source/source.ts';
import { type FakeApi, fakeApi } from '../testing/api-server.ts';
import { issueOf, NOW } from '../testing/issues.ts';
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

const of: MembersOf = { group: NAME, namespace: undefined, asOf: undefined, all: false, known: undefined };
const keysOf = (issues: readonly Issue[]): string[] => issues.map(({ metadata: { name } }) => `shop/${name}`);
/** What the last list was asked for. */
const selected = () => {
  const { pathname, searchParams } = new URL(api.asked.at(-1)?.url ?? '', 'http://x');
  const [asOf, fields, labels] = ['asOf', 'fieldSelector', 'labelSelector'].map((each) => searchParams.get(each));
  return { pathname, asOf, fields, labels };
};

function serves(origin: string, group: string, listed: readonly Issue[], open: number): void {
  api.answers = ({ pathname }) =>
    pathname.endsWith(`/issuegroups/${NAME}`)
      ? {
          ...{ metadata: { name: NAME, resourceVersion: '7' }, spec: { origin, group } },
          status: {
            members: listed.map(({ metadata }) => ({ namespace: metadata.namespace, name: metadata.name })),
            ...{ open, reasons: open > 0 ? [{ reason: 'DiskFull', open }] : [] },
          },
        }
      : undefined;
  api.raw = ({ pathname, searchParams }, response) => {
    if (!pathname.endsWith('/issues')) return false;
    const warning = searchParams.has('asOf') && { warning: '299 - "issues as of then"' };
    response.writeHead(200, { 'content-type': 'application/json', ...warning });
    response.end(JSON.stringify({ kind: 'IssueList', metadata: { resourceVersion: '7' }, items: [...FULL, OTHER] }));
    return true;
  };
}

describe('the members of a group', () => {
  it('that findings name are those that name it', async () => {
    serves('Reported', 'CVE-2026-1234', [], 3);
    expect(await membersOf(asker, of)).toEqual({ group: 'CVE-2026-1234' });
    expect(api.asked).toHaveLength(1);
  });

  it('that is proposed are listed by it, as long as it lists all', async () => {
    serves('Proposed', 'no space left', FULL.slice(0, 3), 3);
    const { keys = new Set() } = await membersOf(asker, of);
    expect([...keys]).toEqual(keysOf(FULL.slice(0, 3)));
    expect(api.asked).toHaveLength(1);
  });

  it('that is proposed and crowded are found among the issues with its reason, as the server finds them', async () => {
    serves('Proposed', 'no space left', FULL.slice(0, 1), 4);
    const { keys = new Set() } = await membersOf(asker, { ...of, namespace: 'shop' });
    expect([...keys]).toEqual(keysOf(FULL));
    expect(selected()).toEqual({
      ...{ pathname: '/apis/faultline.dev/v1alpha1/namespaces/shop/issues', asOf: null },
      ...{ fields: 'spec.reason=DiskFull', labels: 'faultline.dev/state=Active' },
    });
  });

  it('that is proposed are listed again only when the group has changed', async () => {
    serves('Proposed', 'no space left', FULL.slice(0, 1), 4);
    const known = await membersOf(asker, of);
    expect(await membersOf(asker, { ...of, known })).toBe(known);
    expect(api.asked).toHaveLength(3);
    await membersOf(asker, { ...of, known: { keys: new Set(), version: '6' } });
    expect(api.asked).toHaveLength(5);
  });

  it.each<[string, number, Partial<MembersOf>, object]>([
    ['of then', 3, { asOf: NOW - 3_600_000 }, { asOf: '2026-11-21T08:00:00.000Z', fields: 'spec.reason=DiskFull' }],
    ['resolved ones too', 3, { all: true }, { fields: 'spec.reason=DiskFull' }],
    // A group that nobody has any more tells no reason.
    ['of then, all resolved since', 0, { asOf: NOW - 3_600_000 }, { asOf: '2026-11-21T08:00:00.000Z' }],
    ['resolved ones of those that are', 0, { all: true }, { labels: 'faultline.dev/state=Resolved' }],
  ])('that is proposed: %s: are found among more than the group lists', async (_, open, over, asked) => {
    serves('Proposed', 'no space left', FULL.slice(0, open), open);
    const { keys = new Set() } = await membersOf(asker, { ...of, ...over });
    expect([...keys]).toEqual(keysOf(FULL));
    expect(selected()).toMatchObject({ asOf: null, fields: null, labels: null, ...asked });
  });
});
