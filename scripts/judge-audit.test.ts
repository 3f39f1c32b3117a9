import { expect, test } from 'vitest';
import { type AcceptedAdvisory, readAccepted } from './accepted-advisories.ts';
import { judgeAudit } from './judge-audit.ts';

const CANARY = { name: 'canary', version: '1.0.0', node: 'node_modules/a-canary' };
const url = 'https://github.com/advisories/GHSA-xvch-5gv4-984h';
const advisory = { title: 'Prototype pollution in x', url };
const sick = { name: 'canary', severity: 'critical', range: '*', via: [advisory], nodes: [CANARY.node] };
const report = (vulnerabilities: object): string =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: { canary: sick, ...vulnerabilities },
    metadata: { dependencies: { prod: 74, dev: 4 } },
  });
const vulnerable = (severity: string, via: unknown = advisory) => ({
  ...{ name: 'x', severity, range: '<2', via: [via], nodes: ['node_modules/x'] },
});
const judge = (printed: string, accepted: readonly AcceptedAdvisory[] = []) => judgeAudit(printed, CANARY, accepted);

test.each(['high', 'critical'])('a vulnerability that is %s fails, with its advisory', (severity) => {
  const { asked, failed, lines } = judge(report({ x: vulnerable(severity) }));
  expect([asked, failed]).toEqual([true, true]);
  expect(lines.join('\n')).toContain(`FAILED: x <2 is ${severity}: Prototype pollution in x ${url}`);
});

test('a lesser one is told, and so is the package that brings it', () => {
  const y = { ...vulnerable('low', 'x'), name: 'y' };
  const { asked, failed, lines } = judge(report({ x: vulnerable('moderate'), y }));
  expect([asked, failed]).toEqual([true, false]);
  expect(lines[0]).toBe(
    '73 packages that are shipped were asked about: 2 with a known vulnerability, 0 high or critical that nobody accepted',
  );
  expect(lines.slice(1)).toEqual([expect.stringMatching(/^note: x .*pollution/), expect.stringMatching(/by x$/)]);
});

test('nothing found is a pass, when the canary is known', () => {
  expect(judge(report({}))).toMatchObject({ asked: true, failed: false });
  expect(judge(report({})).lines).toHaveLength(1);
});

test('a package that is shipped is not excused by being the canary elsewhere', () => {
  const both = { ...sick, nodes: [CANARY.node, 'node_modules/canary'] };
  expect(judge(report({ canary: both }))).toMatchObject({ asked: true, failed: true });
});

const ACCEPTED: AcceptedAdvisory = {
  ...{ id: 'GHSA-xvch-5gv4-984h', package: 'x', reason: 'we parse no arguments', expires: '2026-12-31' },
};

test('what was accepted does not fail, nor who brings it; another advisory of the package does', () => {
  const y = { ...vulnerable('high', 'x'), name: 'y' };
  const { failed, lines } = judge(report({ x: vulnerable('high'), y }), [ACCEPTED]);
  expect([failed, lines.slice(1)]).toEqual([
    false,
    [
      `note: x <2 is high: Prototype pollution in x ${url}; accepted until 2026-12-31: we parse no arguments`,
      'note: y <2 is high: by x',
    ],
  ]);
  const more = { ...vulnerable('high'), via: [advisory, { title: 'Worse', url: `${url}x`, severity: 'critical' }] };
  expect(judge(report({ x: more }), [ACCEPTED])).toMatchObject({ failed: true });
  expect(judge(report({ x: vulnerable('high') }), [{ ...ACCEPTED, package: 'z' }])).toMatchObject({ failed: true });
  expect(judge(report({ y }), [])).toMatchObject({ failed: true });
  expect(judge(report({}), [ACCEPTED]).lines.at(-1)).toBe(
    'note: GHSA-xvch-5gv4-984h in x is accepted and not there any more: take it out',
  );
});

test.each([
  [
    'a registry without the endpoint',
    '{"message": "405 Method Not Allowed - POST https://r/advisories/bulk", "error": {"summary": ""}}',
    '405',
  ],
  ['no network', '{"error": {"summary": "getaddrinfo ENOTFOUND"}}', 'ENOTFOUND'],
  ['no JSON', 'npm error', 'no report'],
  [
    'a report about nothing',
    '{"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {"dependencies": {"prod": 1}}}',
    'no report',
  ],
  ['a registry that knows nothing', report({ canary: undefined }), 'of canary 1.0.0, which was asked about'],
  ['one that knows it of another', report({ canary: { ...sick, nodes: ['node_modules/canary'] } }), 'of canary 1.0.0'],
])('%s is not a pass: it was not asked, and that is what is said', (_, printed, why) => {
  const { asked, failed, lines } = judge(printed);
  expect([asked, failed]).toEqual([false, false]);
  expect(lines[0]).toMatch(/^NOT ASKED: /);
  expect(lines[0]).toContain(why);
});

const NOW = Date.parse('2026-11-22T12:00:00Z');
const read = (entries: unknown) => readAccepted(JSON.stringify(entries), NOW);

test('what is accepted has a reason and an end, and ends then', () => {
  expect(read([ACCEPTED])).toEqual({ accepted: [ACCEPTED], faults: [] });
  expect(read([{ ...ACCEPTED, expires: '2026-11-22' }]).faults).toEqual([]);
  expect(read([ACCEPTED, { ...ACCEPTED, expires: '2026-11-21' }])).toEqual({
    accepted: [],
    faults: ['[1] GHSA-xvch-5gv4-984h in x expired on 2026-11-21: look at it again'],
  });
  expect(read([{ ...ACCEPTED, expires: '2027-12-31' }]).faults).toEqual([expect.stringContaining('more than a year')]);
  expect(read([{ ...ACCEPTED, expires: 'soon', id: 'CVE-1' }]).faults).toHaveLength(2);
  expect(read([{ id: ACCEPTED.id, until: 'x' }, 3]).faults).toEqual([
    '[0] until is not known', '[0] package is missing', '[0] reason is missing', '[0] expires is missing', '[1] is no object',
  ]); // biome-ignore format: one line reads better
  expect([read({}).faults, readAccepted('[', NOW).faults.length]).toEqual([['it is no list'], 1]);
});
