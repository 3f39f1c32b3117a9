import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { issueGroupSpecSchema, issueGroupStatusSchema, MAX_GROUP_MEMBERS } from '../../crds/issue-group.ts';
import { foldGroup, type GroupContent } from './fold.ts';
import type { GroupIdentity } from './member.ts';
import { type FoldedMember, type Stretch, tallyMembers } from './tally.ts';

const DAY = 86_400_000_000;
const START = Date.UTC(2026, 10, 1) * 1_000;
const CVE: GroupIdentity = { name: 'cve-2026-1234-aaaaaaaaaaaa', text: 'CVE-2026-1234', origin: 'Reported' };
const ALIKE: GroupIdentity = { name: 'failed-aaaaaaaaaaaa', text: 'no space left on device', origin: 'Proposed' };

function member(name: string, changes: Partial<FoldedMember> = {}): FoldedMember {
  return {
    ...{
      namespace: 'shop',
      name,
      subject: name,
      severity: 'major',
      reason: 'Vulnerable',
      title: 'libfoo is vulnerable',
    },
    ...{ state: 'Active', openedAt: START, hidden: false, links: [], earlier: [] },
    ...changes,
  };
}

const resolved = (at: number): Partial<FoldedMember> => ({ state: 'Resolved', resolvedAt: at });

function folded(members: readonly FoldedMember[], group = CVE): GroupContent {
  const content = foldGroup(group, members);
  if (!content) throw new Error('there is no group');
  return content;
}

describe('a group', () => {
  test('has the worst severity, and its open members by reason and by namespace', () => {
    const { spec, status } = folded([
      member('a', { severity: 'minor' }),
      member('b', { namespace: 'bank', severity: 'critical', reason: 'Exploited' }),
      member('c', { namespace: 'bank' }),
      member('d', { namespace: 'docs', severity: 'critical', ...resolved(START + DAY) }),
    ]);
    expect(spec).toMatchObject({ group: 'CVE-2026-1234', origin: 'Reported', severity: 'critical' });
    expect(status).toMatchObject({ state: 'Active', open: 3, resolved: 1, openNamespaces: 2 });
    expect(status.reasons).toEqual([
      { reason: 'Vulnerable', open: 2 },
      { reason: 'Exploited', open: 1 },
    ]);
    expect(status.namespaces).toEqual([
      { namespace: 'bank', open: 2 },
      { namespace: 'shop', open: 1 },
    ]);
    expect(status.members.map(({ name }) => name)).toEqual(['b', 'c', 'a']);
  });

  test('shrinks as its members heal, and is resolved with the last one', () => {
    const before = [member('a', { severity: 'critical' }), member('b', { openedAt: START + DAY })];
    const half = [member('a', { severity: 'critical', ...resolved(START + 2 * DAY) }), before[1] as FoldedMember];
    expect(folded(half)).toMatchObject({ spec: { severity: 'major' }, status: { open: 1, resolved: 1 } });
    const whole = half.map((one) => ({
      ...one,
      state: 'Resolved' as const,
      resolvedAt: one.resolvedAt ?? START + 3 * DAY,
    }));
    const { spec, status } = folded(whole);
    expect(status).toMatchObject({ state: 'Resolved', open: 0, resolved: 2, members: [], namespaces: [] });
    expect(status).toMatchObject({ openedAt: '2026-11-01T00:00:00Z', resolvedAt: '2026-11-04T00:00:00Z' });
    expect(status.conditions.map(({ type, status: is }) => `${type}=${is}`)).toEqual(['Active=False', 'Resolved=True']);
    expect(spec.severity).toBe('critical');
  });

  test('is gone when its last member has left, and not before', () => {
    const left = { ...resolved(START + DAY), hidden: true };
    expect(foldGroup(CVE, [member('a', left), member('b', resolved(START + DAY))])).toMatchObject({
      status: { state: 'Resolved', resolved: 2 },
    });
    expect(foldGroup(CVE, [member('a', left), member('b', left)])).toBeUndefined();
    expect(foldGroup(CVE, [])).toBeUndefined();
  });

  test('tells per day what opened, what resolved and what was open at its end, earlier episodes too', () => {
    const earlier = [{ openedAt: START, resolvedAt: START + DAY }];
    const { status } = folded([
      member('a', { openedAt: START + 3 * DAY, earlier }),
      member('b', { openedAt: START + DAY, ...resolved(START + 3 * DAY) }),
    ]);
    expect(status.days).toEqual([
      { date: '2026-11-01', opened: 1, resolved: 0, open: 1 },
      { date: '2026-11-02', opened: 1, resolved: 1, open: 1 },
      { date: '2026-11-04', opened: 1, resolved: 1, open: 1 },
    ]);
    // Somebody was always open: one stretch.
    expect(status.openedAt).toBe('2026-11-01T00:00:00Z');
  });

  test('begins anew when nothing was open for a while', () => {
    const earlier = [{ openedAt: START, resolvedAt: START + DAY }];
    const { status } = folded([member('a', { openedAt: START + 5 * DAY, earlier })]);
    expect(status.openedAt).toBe('2026-11-06T00:00:00Z');
    expect(status.resolvedAt).toBeUndefined();
  });

  test('merges links and remediations, those of most members first', () => {
    const advisory = { rel: 'docs', title: 'Advisory', url: 'https://example.com/advisory' } as const;
    const fix = { rel: 'pull-request', title: 'Fix', url: 'https://example.com/pull/1' } as const;
    const update = { text: 'Update libfoo to 1.2' };
    const { spec } = folded([
      member('a', { links: [fix, advisory], remediation: update }),
      member('b', { links: [{ ...advisory, title: 'the advisory' }], remediation: { ...update } }),
      member('c', { remediation: { text: 'Remove libfoo' } }),
    ]);
    expect(spec.links).toEqual([advisory, fix]);
    expect(spec.remediations).toEqual([update, { text: 'Remove libfoo' }]);
  });

  test('lists some of its members and counts all', () => {
    const many = Array.from({ length: 500 }, (_, index) => member(`m${index}`, { namespace: `n${index}` }));
    const { status } = folded(many);
    expect(status).toMatchObject({ open: 500, openNamespaces: 500 });
    expect(status.members).toHaveLength(MAX_GROUP_MEMBERS);
    expect(status.namespaces).toHaveLength(200);
    expect(status.unlisted).toEqual({ members: 480, namespaces: 300 });
    expect(folded(many.slice(0, MAX_GROUP_MEMBERS)).status).not.toHaveProperty('unlisted');
  });
});

test('a group of which only the foremost members are read has the counts of all, and says of how many the rest is', () => {
  const all = Array.from({ length: 300 }, (_, index) =>
    member(`m${String(index).padStart(3, '0')}`, {
      ...{ namespace: `n${index}`, reason: `Reason${index % 60}`, openedAt: START + index * DAY },
      ...(index % 3 === 0 && resolved(START + 400 * DAY)),
    }),
  );
  const whole = folded(all);
  const open = all.filter(({ state }) => state === 'Active');
  const foremost = foldGroup(
    CVE,
    [...open.slice(0, 30), member('m000', resolved(START + 400 * DAY))],
    tallyMembers(all),
  );
  expect(foremost?.status).toEqual({ ...whole.status, sampled: 31 });
  expect(whole.status).toMatchObject({ open: 200, resolved: 100, unlisted: { members: 180 } });
  expect(whole.status).not.toHaveProperty('sampled');
  expect(foremost?.status.conditions[0]?.message).toBe('200 members are open');
  expect(issueGroupStatusSchema.validate(foremost?.status).error).toBeUndefined();
});

describe('a proposal', () => {
  test('needs three visible members about two subjects', () => {
    const hidden = { ...resolved(START + DAY), hidden: true };
    expect(
      foldGroup(
        ALIKE,
        ['a', 'b'].map((name) => member(name)),
      ),
    ).toBeUndefined();
    expect(
      foldGroup(
        ALIKE,
        ['a', 'b', 'c'].map((name) => member(name, { subject: 'one' })),
      ),
    ).toBeUndefined();
    expect(foldGroup(ALIKE, [member('a'), member('b'), member('c', hidden)])).toBeUndefined();
    expect(
      foldGroup(
        ALIKE,
        ['a', 'b', 'c'].map((name) => member(name)),
      ),
    ).toMatchObject({
      spec: { origin: 'Proposed', group: 'no space left on device' },
      status: { open: 3 },
    });
  });
});

const stretch: fc.Arbitrary<Stretch> = fc
  .tuple(fc.integer({ min: 0, max: 20 }), fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }))
  .map(([from, days]) => ({
    openedAt: START + from * DAY,
    ...(days !== undefined && { resolvedAt: START + (from + days) * DAY }),
  }));
const link = fc.record({
  rel: fc.constantFrom('docs' as const, 'commit' as const),
  title: fc.constantFrom('one', 'two'),
  url: fc.constantFrom('https://example.com/1', 'https://example.com/2'),
});
const members = fc.uniqueArray(
  fc
    .record({
      name: fc.integer({ min: 0, max: 50 }).map((id) => `m${id}`),
      namespace: fc.constantFrom('shop', 'bank'),
      severity: fc.constantFrom('critical' as const, 'major' as const, 'minor' as const),
      reason: fc.constantFrom('One', 'Two'),
      title: fc.constantFrom('first', 'second'),
      hidden: fc.boolean(),
      links: fc.array(link, { maxLength: 3 }),
      own: stretch,
      earlier: fc.array(
        stretch.map((each) => ({ ...each, resolvedAt: each.resolvedAt ?? each.openedAt })),
        { maxLength: 2 },
      ),
    })
    .map(({ own, hidden, ...rest }) =>
      member(rest.name, { ...rest, ...own, ...(own.resolvedAt === undefined ? {} : { state: 'Resolved', hidden }) }),
    ),
  { selector: ({ namespace, name }) => `${namespace}/${name}`, maxLength: 12 },
);

test('whatever the order of its members, a group is the same', () => {
  fc.assert(
    fc.property(members, fc.infiniteStream(fc.integer()), (given, random) => {
      const shuffled = given
        .map((one) => [random.next().value as number, one] as const)
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one);
      expect(foldGroup(CVE, shuffled)).toEqual(foldGroup(CVE, given));
    }),
  );
});

test('counts agree with each other and with the schema, whatever the members are', () => {
  fc.assert(
    fc.property(members, (given) => {
      const content = foldGroup(CVE, given);
      if (!content) return;
      const { spec, status } = content;
      const sum = (counts: readonly { open: number }[]): number => counts.reduce((all, { open }) => all + open, 0);
      expect(sum(status.reasons)).toBe(status.open);
      expect(sum(status.namespaces)).toBe(status.open);
      expect(status.open + status.resolved).toBe(given.length);
      expect(status.days.at(-1)?.open).toBe(status.open);
      expect(status.state === 'Active').toBe(status.open > 0);
      expect(issueGroupSpecSchema.validate(spec).error).toBeUndefined();
      expect(issueGroupStatusSchema.validate(status).error).toBeUndefined();
    }),
  );
});
