import { expect, test } from 'vitest';
import type { Answer } from './connection.ts';
import { sendPatiently, type Taken } from './patience.ts';

const answer = (status: number, body: object, retryAfterMs?: number): Answer => ({
  status,
  body: Buffer.from(JSON.stringify(body)),
  retryAfterMs,
});
const results = (...statuses: number[]): object => ({ results: statuses.map((status) => ({ status })) });

/** What was sent, how long was waited, and what came of it. */
async function played(json: string, answers: Answer[]): Promise<{ sent: string[]; waits: number[]; taken: Taken }> {
  const [sent, waits]: [string[], number[]] = [[], []];
  const request = (text: string): Buffer => Buffer.from(`POST / HTTP/1.1\r\n\r\n${text}`);
  const taken = await sendPatiently(request(json), {
    request,
    send: async (bytes) => {
      sent.push(bytes.toString().split('\r\n\r\n')[1] ?? '');
      return answers.shift() ?? answer(200, results(200));
    },
    sleep: async (ms) => waits.push(ms),
    timeoutMs: 10_000,
  });
  return { sent, waits, taken };
}

test('what is taken at once is sent once', async () => {
  const { sent, waits, taken } = await played('[1,2]', [answer(200, results(200, 200))]);
  expect([sent, waits, taken.sentAgain]).toEqual([['[1,2]'], [], 0]);
});

test('a request that cannot be answered now comes again after Retry-After', async () => {
  const { sent, waits, taken } = await played('[1,2]', [answer(503, {}, 2_000), answer(200, results(200, 200))]);
  expect([sent, waits, taken.sentAgain]).toEqual([['[1,2]', '[1,2]'], [2_000], 2]);
  expect(taken.answers.map(({ status }) => status)).toEqual([200]);
});

test('of a batch only what was refused for now comes again, alone as a report', async () => {
  const { sent, waits, taken } = await played('[1,2,3]', [
    answer(200, results(200, 503, 422)),
    answer(200, results(200)),
  ]);
  expect([sent, waits, taken.sentAgain]).toEqual([['[1,2,3]', '2'], [1_000], 1]);
  expect(taken.answers.map(({ body }) => JSON.parse(body.toString()))).toEqual([results(200, 422), results(200)]);
});

test('what is refused for good does not come again', async () => {
  const { sent, taken } = await played('1', [answer(403, {})]);
  expect([sent.length, taken.sentAgain, taken.answers[0]?.status]).toEqual([1, 0, 403]);
});

test('what is refused for too long stays refused, and says so', async () => {
  const busy = Array.from({ length: 9 }, () => answer(503, {}, 5_000));
  const { sent, taken } = await played('1', busy);
  expect([sent.length, taken.answers.map(({ status }) => status)]).toEqual([3, [503]]);
});
