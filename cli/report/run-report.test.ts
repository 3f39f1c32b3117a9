import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordedOutput, recordedStreams } from '../testing/recorded-streams.ts';
import { runReport } from './run-report.ts';

/** Takes every report. */
const server = createServer((request, response) => {
  const isVersion = request.url === '/version';
  const results = [{ index: 0, status: 200, decisions: [] }];
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify(isVersion ? { gitVersion: 'v1.34.0+faultline.0.1.0' } : { results, resourceVersion: '1' }),
  );
});
beforeAll(() => new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening)));
afterAll(() => void server.close());

it('what is refused has a line of its own, and not what is left of the one that shows the progress', async () => {
  const report = (name: string, text: string) => JSON.stringify({ source: 'ci', subject: { kind: 'Job', name }, text });
  const err = recordedOutput({ isTTY: true });
  const input = Readable.from([`${report('a', '')}\n${report('b', 'x'.repeat(3 * 1024 * 1024))}\n`]);
  // It takes long enough for the progress to be shown.
  let now = 0;
  const clock = { now: () => (now += 2_000), after: () => () => {} };
  const code = await runReport(
    {
      ...{ files: ['-'], namespace: 'shop', dryRun: false, output: 'json' },
      server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    },
    recordedStreams({ err, in: input }),
    clock,
  );
  expect(code).toBe(1);
  expect(err.text()).toContain('reporting');
  expect(err.text()).toMatch(/(^|\n|\u001b\[2K)error: standard input, report 2, line 2: it has more than 3 MiB/);
});
