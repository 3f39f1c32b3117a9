import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CONVERSATION } from './conversation.ts';
import { type Exchange, replay } from './replay.ts';
import { KiteWorld } from './world.ts';

/** A recording of the real Kite. It is no part of the project: a clone without it has the conversation of our own. */
const fixtures = process.env.FAULTLINE_FIXTURES ?? join(import.meta.dirname, '../../../shared/fixtures');
const recorded = join(fixtures, 'kite-api.json');

let world: KiteWorld;
beforeAll(async () => {
  world = await KiteWorld.open();
});
afterAll(() => world[Symbol.asyncDispose]());
const ask: KiteWorld['ask'] = (...request) => world.ask(...request);

test('a conversation in the words of Kite is answered as Kite answers', async () => {
  expect(await replay(CONVERSATION, ask)).toEqual([]);
});

test('so is a recorded one', async ({ skip }) => {
  skip(!existsSync(recorded), `no recording at ${recorded}: set FAULTLINE_FIXTURES to the folder of kite-api.json`);
  const conversation = JSON.parse(readFileSync(recorded, 'utf8')) as Exchange[];
  expect(conversation.length).toBeGreaterThan(30);
  expect(await replay(conversation, ask)).toEqual([]);
});

test('a question about the past is refused, not answered with the present', async () => {
  for (const path of ['/issues', '/issues/', `/issues/${crypto.randomUUID()}`]) {
    const { status, body } = await ask('GET', `/api/v1${path}?namespace=team-a&asOf=1h`);
    expect([path, status, body.details]).toEqual([path, 400, expect.stringContaining('asOf')]);
  }
});

test.each(['resourceName', 'issueType', 'search', 'pipelineRun'])('%s with NUL is refused', async (name) => {
  const { status, body } = await ask('GET', `/api/v1/issues?namespace=team-a&${name}=a%00`);
  expect([status, body.details]).toEqual([400, expect.stringContaining(name)]);
});

test('the replay tells a wrong answer from a right one', async () => {
  const [first] = CONVERSATION as [Exchange];
  const wrong = {
    ...first,
    path: '/api/v1/issues?namespace=nobody',
    expect: { status: 200, body: { data: [], total: 1 } },
  };
  expect(await replay([wrong], ask)).toMatchObject([{ name: first.name, answered: { body: { total: 0 } } }]);
});
