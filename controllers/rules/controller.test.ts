import { expect, test } from 'vitest';
import type { Report } from '../../crds/report.ts';
import type { ClusterObject } from '../runtime/object.ts';
import type { Read } from '../runtime/plugin.ts';
import { createWorld, type World } from '../testing/world.ts';
import { UNITS_A_LOOK } from './evaluate.ts';
import { RuleGate } from './gate.ts';
import { RuleControllers } from './rule-controllers.ts';
import { compiledRule } from './testing/declared-rule.ts';

/** Rules in the runtime, on a clock that stands still: 2026-11-21T08:00:00Z. */

const d = '$';
const RULE = `
kind: IssueRule
metadata: {name: claims, namespace: shop}
spec:
  watches: {apiVersion: v1, kind: PersistentVolumeClaim, selector: {matchLabels: {tier: data}}}
  when: object.status.phase == 'Pending'
  findings:
    - key: phase
      type: workload
      severity: major
      reason: Pending
      title: ${d}{object.metadata.name} is pending
`;
const MINUTE = 60_000;

function claim(phase: string | undefined, metadata: object = {}, more: object = {}): ClusterObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'shop', uid: 'uid-data', labels: { tier: 'data' }, ...metadata },
    ...(phase === undefined ? {} : { status: { phase, ...more } }),
  };
}

async function worldOf(yaml: string, objects: ClusterObject[], controllers = new RuleControllers()): Promise<World> {
  const { definition, ...settings } = controllers.of(await compiledRule(yaml));
  const world = createWorld(definition, { objects, settings });
  await world.settle();
  return world;
}

/** What was sent since the last time: `data: 08:00 Pending`, with the time that it is about. */
function said({ sink }: World): string[] {
  return sink.take().map(({ subject, body, observedAt }: Report) => {
    const what = 'findings' in body ? body.findings.map(({ title }) => title).join(', ') || 'healthy' : body.deleted;
    return `${subject.name}: ${what}${observedAt ? ` since ${observedAt.slice(11, 16)}` : ''}`;
  });
}

test('a rule opens, says nothing where nobody can tell, heals, and resolves what is deleted', async () => {
  await using world = await worldOf(RULE, [claim('Pending')]);
  expect(said(world)).toEqual(['data: data is pending']);
  world.source.apply(claim(undefined));
  await world.settle();
  expect(said(world)).toEqual([]);
  expect(world.controller.status().counts).toMatchObject({ objects: 1, undecided: 1 });
  world.source.apply(claim('Bound'));
  await world.settle();
  expect(said(world)).toEqual(['data: healthy']);
  world.source.delete(claim('Bound'));
  await world.settle();
  expect(said(world)).toEqual(['data: object']);
});

test('an IssueRule speaks as itself, in and about its own namespace only, whatever is there', async () => {
  const elsewhere = [
    claim('Pending', { namespace: 'other', uid: 'b' }),
    claim('Pending', { namespace: undefined, uid: 'c' }),
  ];
  await using world = await worldOf(RULE, [claim('Pending'), ...elsewhere]);
  expect(world.sink.take()).toMatchObject([
    { source: 'rule.shop.claims', namespace: 'shop', subject: { kind: 'PersistentVolumeClaim', namespace: 'shop' } },
  ]);
});

test('a kind without namespaces is no namespace’s own: its objects are left alone, and the rule says so', async () => {
  const controllers = new RuleControllers();
  const { definition } = controllers.of(await compiledRule(RULE));
  const read = { now: () => new Date() } as unknown as Read;
  // The watch of a namespace shows all objects of such a kind.
  for (const namespace of [undefined, 'other']) {
    expect(await definition.observe(claim('Pending', { namespace }), read, {})).toEqual({
      undecided: 'is not in namespace shop: kinds without namespaces are for a ClusterIssueRule',
      final: true,
    });
  }
  expect(controllers.noted('rule.shop.claims')?.object).toBe('other/data');
});

test('a selector is asked of the API server, and fields that no expression reads are not kept', async () => {
  await using world = await worldOf(RULE, [claim('Pending'), claim('Pending', { name: 'x', uid: 'x', labels: {} })]);
  expect(said(world)).toEqual(['data: data is pending']);
  const rule = await compiledRule(RULE);
  expect(new RuleControllers().of(rule).definition.watches).toMatchObject({
    labelSelector: 'tier=data',
    fields: ['status.phase'],
  });
});

test('an expression that does not fit is told with its place, and what is open stays', async () => {
  await using world = await worldOf(RULE.replace("== 'Pending'", '> 3'), [claim('Pending')]);
  expect(said(world)).toEqual([]);
  const degraded = world.controller.status().conditions.find(({ type }) => type === 'Degraded');
  expect(degraded?.message).toMatch(/shop\/data: spec\.when 1:21: .*no matching overload/);
});

test('a title that lacks what it names is a fault of the rule, not a verdict that waits', async () => {
  await using world = await worldOf(RULE.replace(`${d}{object.metadata.name}`, `${d}{object.status.why}`), [
    claim('Pending'),
  ]);
  expect(said(world)).toEqual([]);
  expect(world.controller.status().counts).toMatchObject({ failed: 1, undecided: 0 });
});

test('for: what heals in time opens nothing, what does not opens with the time when it began', async () => {
  await using world = await worldOf(RULE.replace('  findings', '  for: 5m\n  findings'), [claim('Pending')]);
  await world.clock.advance(4 * MINUTE);
  expect(said(world)).toEqual([]);
  world.source.apply(claim('Bound'));
  await world.clock.advance(MINUTE);
  expect(new Set(said(world))).toEqual(new Set(['data: healthy']));
  world.source.apply(claim('Pending'));
  await world.clock.advance(4 * MINUTE);
  // A change does not begin it anew.
  world.source.apply(claim('Pending', { labels: { tier: 'data', changed: 'yes' } }));
  await world.clock.advance(MINUTE - 1);
  expect(said(world)).toEqual([]);
  await world.clock.advance(1);
  await world.settle();
  expect(said(world)).toEqual(['data: data is pending since 08:05']);
});

test('for with since counts from what the object says, so a restart holds nothing back', async () => {
  const yaml = RULE.replace('  findings', '  for: 5m\n  since: object.status.at\n  findings');
  await using world = await worldOf(yaml, [
    claim('Pending', {}, { at: '2026-11-21T07:50:00Z' }),
    claim('Pending', { name: 'young', uid: 'y' }, { at: '2026-11-21T07:58:00Z' }),
    claim('Pending', { name: 'unknown', uid: 'u' }),
    claim('Pending', { name: 'ahead', uid: 'a' }, { at: '2026-11-21T09:00:00Z' }),
  ]);
  expect(said(world)).toEqual(['data: data is pending since 07:50']);
  await world.clock.advance(3 * MINUTE);
  await world.settle();
  expect(said(world)).toEqual(['young: young is pending since 07:58']);
  // What the object does not say, or says of the future, counts from when it was first seen.
  await world.clock.advance(2 * MINUTE);
  await world.settle();
  expect(said(world).sort()).toEqual([
    'ahead: ahead is pending since 08:00',
    'unknown: unknown is pending since 08:00',
  ]);
});

test('an edited rule goes on counting where its predecessor was', async () => {
  const yaml = RULE.replace('  findings', '  for: 5m\n  findings');
  const controllers = new RuleControllers();
  await using before = await worldOf(yaml, [claim('Pending')], controllers);
  await before.clock.advance(MINUTE);
  await using after = await worldOf(yaml.replace('is pending', 'waits'), [claim('Pending')], controllers);
  // Its clock begins at 08:00 again, when the first one saw it.
  await after.clock.advance(5 * MINUTE - 1);
  expect(said(after)).toEqual([]);
  await after.clock.advance(1);
  await after.settle();
  expect(said(after)).toEqual(['data: data waits since 08:00']);
});

test('a rule that says the same is the same controller', async () => {
  const controllers = new RuleControllers();
  const first = controllers.of(await compiledRule(RULE));
  expect(controllers.of(await compiledRule(RULE))).toBe(first);
  expect(controllers.of(await compiledRule(RULE.replace('Pending', 'Lost')))).not.toBe(first);
});

test('now: time alone makes it wrong, at the next look', async () => {
  const yaml = RULE.replace(
    "object.status.phase == 'Pending'",
    "now - timestamp(object.status.at) > duration('30m')\n  every: 1m",
  );
  await using world = await worldOf(yaml, [claim('Pending', {}, { at: '2026-11-21T07:31:30Z' })]);
  expect(said(world)).toEqual(['data: healthy']);
  await world.clock.advance(MINUTE);
  expect(said(world)).toEqual(['data: healthy']);
  await world.clock.advance(MINUTE);
  expect(said(world)).toEqual(['data: data is pending']);
});

test('each: one finding an item, with its own key', async () => {
  const yaml = `
kind: ClusterIssueRule
metadata: {name: policies}
spec:
  watches: {apiVersion: v1, kind: PersistentVolumeClaim}
  when: "true"
  subject: {apiVersion: apps/v1, kind: Deployment, name: "${d}{object.metadata.labels['app']}"}
  findings:
    - each: object.status.results.filter(r, r.result == 'fail')
      when: item.policy != 'ignored'
      key: ${d}{item.policy}/${d}{item.rule}
      type: security
      severity: "${d}{item.severity == 'high' ? 'critical' : 'minor'}"
      reason: PolicyFailed
      title: ${d}{item.policy} fails
      links:
        - {rel: docs, title: The policy, url: "https://example.com/${d}{item.policy}"}
        - {rel: docs, title: More, url: "${d}{has(item.url) ? item.url : ''}"}
      labels: {policy: "${d}{item.policy}", none: "${d}{''}"}
`;
  const result = (policy: string, more: object = {}) => ({ policy, rule: 'r', result: 'fail', ...more });
  const results = [
    result('a', { severity: 'high' }),
    result('b', { severity: 'low' }),
    result('ignored', { severity: 'x' }),
  ];
  const object = claim('Bound', { labels: { app: 'web' } }, { results: [...results, result('c', { result: 'pass' })] });
  await using world = await worldOf(yaml, [object]);
  const [report] = world.sink.take();
  expect(report).toMatchObject({
    source: 'clusterrule.policies',
    namespace: 'shop',
    subject: { name: 'web', namespace: 'shop' },
  });
  expect(report?.body && 'findings' in report.body && report.body.findings).toEqual([
    {
      ...{ key: 'a/r', type: 'security', severity: 'critical', reason: 'PolicyFailed', title: 'a fails' },
      links: [{ rel: 'docs', title: 'The policy', url: 'https://example.com/a' }],
      labels: { policy: 'a' },
    },
    expect.objectContaining({ key: 'b/r', severity: 'minor' }),
  ]);
});

test('what costs too much fails, for that object alone', async () => {
  const costly = RULE.replace(
    "object.status.phase == 'Pending'",
    "object.status.l.all(x, object.status.l.all(y, x != y + 'a'))",
  );
  const list = (length: number) => ({ l: Array.from({ length }, (_, index) => `i${index}`) });
  const huge = claim('Pending', { name: 'huge', uid: 'huge' }, list(300));
  await using world = await worldOf(costly, [huge, claim('Pending', {}, list(10))]);
  expect(said(world)).toEqual(['data: data is pending']);
  const degraded = world.controller.status().conditions.find(({ type }) => type === 'Degraded');
  expect(degraded?.message).toContain('huge: spec.when 1:1: costs more than 100000 units');
});

test('an object is paid for as it is turned into values, though the rule asks for nothing of it', async () => {
  const looks = new Map<number, number>();
  for (const length of [10, 10_000, 100_000]) {
    const paid: number[] = [];
    const gate = { enter: () => {}, leave: (_: string, units: number) => void paid.push(units) };
    const object = claim('Pending', {}, { l: Array.from({ length }, () => 'i') });
    const whole = RULE.replace(
      "object.status.phase == 'Pending'",
      "object.status != null && object.status.phase == 'Pending'",
    );
    await using world = await worldOf(whole, [object], new RuleControllers(gate));
    looks.set(length, Math.max(...paid));
    const degraded = world.controller.status().conditions.find(({ type }) => type === 'Degraded');
    const said = length === 100_000 ? 'data: object: costs more than 100000 units' : '';
    expect(degraded?.message ?? '').toContain(said);
  }
  expect(looks.get(10_000)).toBeGreaterThan(10_000);
  expect(looks.get(10)).toBeLessThan(1_000);
});

test('the rules of a namespace together pay for what they evaluate, and nobody else waits', () => {
  const gate = new RuleGate();
  for (let look = 0; look < 40; look++) {
    gate.enter('a', 0);
    gate.leave('a', UNITS_A_LOOK, 0);
  }
  expect(() => gate.enter('a', 0)).toThrow('too many or too costly looks of a');
  gate.enter('b', 0);
  // Half a second pays for one look.
  gate.enter('a', 500);
  gate.leave('a', UNITS_A_LOOK, 500);
  expect(() => gate.enter('a', 500)).toThrow(expect.objectContaining({ name: 'RetryAfter', ms: 1_000 }));
});

test('each look asks for leave, and pays what it cost, as the rules of its namespace or as a rule of the cluster', async () => {
  const asked: string[] = [];
  const paid = new Map<string, number>();
  const controllers = new RuleControllers({
    enter: (tenant) => void asked.push(tenant),
    leave: (tenant, units) => void paid.set(tenant, units),
  });
  const cluster = RULE.replace('IssueRule', 'ClusterIssueRule').replace(', namespace: shop', '');
  for (const yaml of [RULE, cluster]) {
    const { definition } = controllers.of(await compiledRule(yaml));
    await definition.observe(claim('Pending'), { now: () => new Date() } as unknown as Read, {});
  }
  expect(asked).toEqual(['the rules of namespace shop', 'the rule clusterrule.claims']);
  expect([...paid.values()].every((units) => units > 5)).toBe(true);
  expect([...paid.keys()]).toEqual(asked);
});
