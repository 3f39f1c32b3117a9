import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLIENTS, type Client } from '../clients/catalog.ts';
import { countRequests, type LoggedRequest } from '../clients/request-log.ts';
import { Story } from '../clients/story.ts';

/**
 * Real clients follow 2,000 random changes across two server restarts, one restart of the database and one compaction,
 * through the aggregator of a real kube-apiserver. Each ends with exactly what the server has, and none lists again
 * without need; the API server's audit log counts. `FAULTLINE_CLIENTS_SEED` repeats the changes of a run.
 */
const CHANGES = 2_000;
const DURATION = 120_000;
/** Bookmarks come every 60 s; a client's watch may begin a few seconds after the restart. */
const BOOKMARKED_AFTER = 75_000;

const seed = Number(process.env.FAULTLINE_CLIENTS_SEED ?? Date.now() % 1_000_000);
const started = Date.now();
const say = (what: string): void => {
  process.stderr.write(`clients: ${Math.round((Date.now() - started) / 1_000)} s, ${what}\n`);
};

let story: Story;
let differences: Map<string, string>;
/** All requests, and those before the compaction. */
let requests: LoggedRequest[];
let before: LoggedRequest[];

beforeAll(async () => {
  say(`seed ${seed}, ${CLIENTS.length} clients`);
  story = await Story.start(seed);
  say('every client holds the first issues');
  const progress = setInterval(() => say(`${story.changed} of ${CHANGES} changes`), 10_000);
  try {
    await Promise.all([story.makeChanges(CHANGES, DURATION), disturb()]);
    await story.stirQuiet();
    say(`${story.changed} changes made, waiting for the clients`);
    differences = await story.converge(90_000);
  } finally {
    clearInterval(progress);
  }
  requests = await story.requests();
  for (const client of CLIENTS) {
    const { lists, watches, refused, sends } = counts(client);
    say(`${client.name}: ${lists} lists, ${watches} watches, ${refused} refused; ${sends.join(' | ')}`);
  }
}, 600_000);
afterAll(async () => story?.[Symbol.asyncDispose]());

async function disturb(): Promise<void> {
  const until = async (changes: number): Promise<void> => {
    while (story.changed < changes) await sleep(50);
  };
  await until(0.15 * CHANGES);
  say('the server is killed');
  await story.killServer();
  const restarted = Date.now();
  await until(0.4 * CHANGES);
  if (await story.restartDatabase()) say('the database was restarted');
  await sleep(restarted + BOOKMARKED_AFTER - Date.now());
  before = await story.requests();
  say('the log is compacted and the server restarts gracefully');
  await story.compactAndRestart(restarted);
  say('the server is back');
}

function counts({ name, program, kind }: Client, log = requests): ReturnType<typeof countRequests> {
  const kubectl = new RegExp(`^kubectl[^/]*/v${kind.replaceAll('.', '\\.')}\\.`);
  return countRequests(log, (agent) => (program === 'kubectl' ? kubectl.test(agent) : agent === name));
}

const metadata = CLIENTS.filter((client) => client.metadata);
const whole = CLIENTS.filter((client) => !client.metadata);
const programs = CLIENTS.filter(({ program }) => program !== 'kubectl');
const kubectls = CLIENTS.filter(({ program }) => program === 'kubectl');
test('the changes were made', () => {
  expect(story.changed).toBeGreaterThanOrEqual(CHANGES);
});

describe('what a client holds in the end', () => {
  test.each(whole)('L9 L10 L11 L12 L13 W2 W7 W8 W10 $name holds exactly what the server has', ({ name }) => {
    expect(differences.get(name), `seed ${seed}`).toBeUndefined();
  });

  test.each(metadata)('T6 W10 $name holds the metadata of exactly what the server has', ({ name }) => {
    expect(differences.get(name), `seed ${seed}`).toBeUndefined();
  });
});

describe('how often a client lists', () => {
  /**
   * A crash reaches client-go as an internal error of its HTTP/2 stream, for any aggregated API, and a refusal with 503
   * when nobody serves (PGlite belongs to one process); after either its reflector lists.
   */
  test.each(programs)(
    'W2 W5 W9 $name lists once, and once more only after a crash and if it is a reflector',
    (client) => {
      const { lists } = counts(client, before);
      expect(lists).toBeGreaterThanOrEqual(1);
      expect(lists).toBeLessThanOrEqual(client.reflector ? 2 : 1);
    },
  );

  test.each(programs)('W2 W5 W6 W9 $name lists again at most once a compaction, with bookmarks never', (client) => {
    const { lists, bookmarks } = counts(client);
    const nobodyServed = client.reflector && !story.replicated;
    expect(lists - counts(client, before).lists).toBeLessThanOrEqual(bookmarks && !nobodyServed ? 0 : 1);
  });

  test.each(programs.filter(({ name, program }) => name.endsWith('quiet') && !program.startsWith('go')))(
    'W6 $name had fallen behind the compaction and listed again',
    (client) => {
      expect(counts(client)).toMatchObject({ bookmarks: false, lists: 2 });
    },
  );

  test.each(programs.filter(({ program, name }) => program === 'go' && name.includes('watchlist')))(
    'W3 $name gets its list from its watch',
    (client) => {
      const lists = requests.filter(
        ({ userAgent, verb, code }) => userAgent === client.name && verb === 'list' && code === 200,
      );
      expect(lists.length).toBeLessThanOrEqual(story.replicated ? 0 : 2);
    },
  );

  test.each(kubectls)('W9 $name watches again only when a server went, and lists once a start', (client) => {
    const { watches, lists } = counts(client);
    expect(watches).toBeLessThanOrEqual(3);
    expect(story.starts(client.name)).toBeGreaterThanOrEqual(lists);
  });
});
