import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCommand } from '../testing/running-command.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'receiver-'));
  await writeFile(join(directory, 'good.yaml'), GOOD);
  await writeFile(join(directory, 'red.json'), '{"service": "web", "ok": false}');
  await writeFile(join(directory, 'none.json'), '{"service": "web"}');
});
afterAll(() => rm(directory, { recursive: true }));

const GOOD = `kind: WebhookReceiver
metadata: {name: checks, namespace: team-a}
spec:
  authentication: {bearer: {}}
  subject: "{'apiVersion': 'example.com/v1', 'kind': 'Service', 'name': payload.service}"
  findings: |
    payload.ok ? [] : [{
      'key': 'http', 'type': 'workload', 'severity': 'major', 'reason': 'CheckFailed', 'title': 'web\\u001b[31m fails',
    }]
  resolve: "payload.ok ? ['http'] : []"
`;

async function receiver(args: readonly string[], input = ''): Promise<{ code: number; out: string; err: string }> {
  const command = startCommand(['receiver', ...args], { directory, in: Readable.from([input]) });
  return { code: await command.exitCode, out: command.out.text(), err: command.err.text() };
}

describe('faultline receiver test', () => {
  test('says what would happen, and nothing that a terminal would obey', async () => {
    const { code, out } = await receiver(['test', 'good.yaml', 'red.json']);
    expect(code).toBe(0);
    expect(out).toBe(
      '  Service web in namespace team-a, in order of arrival\n' +
        '  open http: major workload: web\\u001b[31m fails (or update it, or reopen it when it was resolved)\n' +
        'receiver.checks: 1 of 1 would be reported\n',
    );
    expect((await receiver(['test', 'good.yaml', '-'], '{"service": "web", "ok": true}')).out).toContain(
      'resolve http, when it is Active',
    );
  });

  test('exits with 1 when the payload does not fit, naming expression and path', async () => {
    const { code, out } = await receiver(['test', 'good.yaml', 'none.json']);
    expect(code).toBe(1);
    expect(out).toContain('  does not fit: spec.findings 1:8: there is no payload.ok\n');
  });

  test.each([
    [
      'an expression',
      (yaml: string) => yaml.replace('[] : [{', '[] : [{ 1,'),
      /^error: bad\.yaml:7:16: spec\.findings: syntax error/,
    ],
    [
      'a name',
      (yaml: string) => yaml.replace("'key': 'http'", "'key': htp"),
      /^error: bad\.yaml:8:14: spec\.findings: nothing is called htp/,
    ],
    [
      'a quoted one',
      (yaml: string) => yaml.replace('payload.service}', 'paylod.service}'),
      /^error: bad\.yaml:5:73: spec\.subject: nothing is called paylod/,
    ],
    ['a key', (yaml: string) => yaml.replace('resolve:', 'resolved:'), /^error: bad\.yaml:10:3: spec\.resolved: /],
    [
      'a kind',
      (yaml: string) => yaml.replace(', namespace: team-a', ''),
      /^error: bad\.yaml:2:\d+: metadata\.namespace: is missing/,
    ],
    ['YAML', (yaml: string) => yaml.replace('{bearer: {}}', '{bearer'), /^error: bad\.yaml:\d+:\d+: /],
  ])('tells where %s is wrong', async (_, change, expected) => {
    await writeFile(join(directory, 'bad.yaml'), change(GOOD));
    const { code, err } = await receiver(['test', 'bad.yaml', 'red.json']);
    expect(err).toMatch(expected);
    expect(code).toBe(1);
  });

  test('says what is missing of its arguments', async () => {
    expect(await receiver(['try', 'good.yaml', 'red.json'])).toMatchObject({ code: 2, err: /write receiver test/ });
    expect((await receiver(['test', 'good.yaml', 'red.json', '--header', 'x'])).err).toContain('"x" is not name=value');
    expect((await receiver(['test', 'good.yaml', 'nope.json'])).err).toContain('no such file');
    expect((await receiver(['test', 'good.yaml', '-'], '{')).err).toContain('standard input is not JSON');
    const help = await receiver(['--help']);
    expect([help.code, help.out]).toEqual([0, expect.stringContaining('Examples:')]);
  });
});
