import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordedStreams } from '../testing/recorded-streams.ts';
import { configure } from './controllers.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-receivers-'));
});
afterAll(() => rm(directory, { recursive: true }));

const HEAD = 'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\nreceivers:\n';
const ENTRY = `  - kind: WebhookReceiver
    metadata: {name: checks, namespace: shop}
    spec:
      authentication: {signature: {scheme: GitHub, secretFile: ./key}}
      match: payload.ok
      subject: "{'apiVersion': 'example.com/v1', 'kind': 'Service', 'name': payload.service}"
      findings: |
        payload.ok
          ? [] : [payload.finding]
`;

async function configured(receivers: string) {
  await writeFile(join(directory, 'faultline.yaml'), HEAD + receivers);
  return await configure(undefined, recordedStreams({ directory }));
}
const refusal = (receivers: string): Promise<string> =>
  configured(receivers).then(
    () => 'accepted',
    (error: Error) => error.message,
  );

describe('receivers of faultline.yaml', () => {
  test('are the objects that kubectl would apply; files are found beside the configuration', async () => {
    const { receivers } = await configured(ENTRY);
    expect(receivers).toMatchObject([
      {
        origin: 'configuration',
        receiver: {
          kind: 'WebhookReceiver',
          spec: {
            complete: false,
            authentication: { signature: { secretFile: join(directory, 'key'), tolerance: '5m' } },
          },
        },
      },
    ]);
  });

  test.each([
    [
      'plain',
      ENTRY.replace('match: payload', 'match: paylod'),
      /^faultline\.yaml:8:14: receivers\[0\]\.spec\.match: nothing is called paylod/,
    ],
    [
      'quoted',
      ENTRY.replace('payload.service', 'paylod.service'),
      /^faultline\.yaml:9:77: receivers\[0\]\.spec\.subject: nothing/,
    ],
    [
      'a block',
      ENTRY.replace('payload.finding', 'paylod.finding'),
      /^faultline\.yaml:12:19: receivers\[0\]\.spec\.findings: nothing/,
    ],
    [
      'folded',
      ENTRY.replace('findings: |', 'findings: >').replace('payload.finding', 'paylod.finding'),
      /:10:17: .*\(line \d+, column \d+ of the expression\)$/,
    ],
    [
      'two of one name',
      ENTRY + ENTRY,
      /^faultline\.yaml:12\d*:\d+: receivers\[1\]\.metadata\.name: is already the name of receivers\[0\]$|^faultline\.yaml:14:22: receivers\[1\]\.metadata\.name: is already/,
    ],
    [
      'an unknown key',
      ENTRY.replace('match:', 'matches:'),
      /^faultline\.yaml:8:7: receivers\[0\]\.spec\.matches: unknown key; did you mean "match"\?|unknown key/,
    ],
  ])('%s: a fault has its line and column', async (_, receivers, expected) => {
    expect(await refusal(receivers)).toMatch(expected);
  });

  test('all faults come at once', async () => {
    const both = ENTRY.replace('match: payload', 'match: paylod').replace('payload.finding', 'nope(1)');
    expect((await refusal(both)).split('\n')).toHaveLength(2);
  });
});
