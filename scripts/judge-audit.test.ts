import { expect, test } from 'vitest';
import { judgeAudit } from './judge-audit.ts';

const advisory = { title: 'Prototype pollution in x', url: 'https://github.com/advisories/GHSA-x' };
const report = (vulnerabilities: object): string =>
  JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: { dependencies: { prod: 73, dev: 4 } } });
const vulnerable = (severity: string, via: unknown = advisory) => ({ name: 'x', severity, range: '<2', via: [via] });

test.each(['high', 'critical'])('a vulnerability that is %s fails, with its advisory', (severity) => {
  const { asked, failed, lines } = judgeAudit(report({ x: vulnerable(severity) }));
  expect([asked, failed]).toEqual([true, true]);
  expect(lines.join('\n')).toContain(
    `FAILED: x <2 is ${severity}: Prototype pollution in x https://github.com/advisories/GHSA-x`,
  );
});

test('a lesser one is told, and so is the package that brings it', () => {
  const { asked, failed, lines } = judgeAudit(report({ x: vulnerable('moderate'), y: vulnerable('low', 'x') }));
  expect([asked, failed]).toEqual([true, false]);
  expect(lines[0]).toBe(
    '73 packages that are shipped were asked about: 2 with a known vulnerability, 0 high or critical',
  );
  expect(lines.slice(1)).toEqual([expect.stringMatching(/^note: x .*pollution/), expect.stringMatching(/by x$/)]);
});

test('nothing found is a pass', () => {
  expect(judgeAudit(report({}))).toMatchObject({ asked: true, failed: false });
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
    '{"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {"dependencies": {"prod": 0}}}',
    'no report',
  ],
])('%s is not a pass: it was not asked, and that is what is said', (_, printed, why) => {
  const { asked, failed, lines } = judgeAudit(printed);
  expect([asked, failed]).toEqual([false, false]);
  expect(lines[0]).toMatch(/^NOT ASKED: /);
  expect(lines[0]).toContain(why);
});
