/** Clients that list everything: a process of its own, forked by {@link listEverything}. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'undici';
import { API } from '../data/seed.ts';
import type { Target } from '../load/connection.ts';
import type { ListsCommand } from './lists.ts';
import { ask, clientOf } from './requests.ts';

const counts = { lists: 0, refused: 0 };

process.once('message', ({ target, clients }: ListsCommand) => {
  for (let client = 0; client < clients; client++) void list(clientOf(target), target);
  process.once('message', () => process.send?.(counts));
});

/** An error ends the process, which the bench hears of. */
async function list(client: Client, target: Target): Promise<never> {
  for (;;) {
    const { status, retryAfter } = await ask(client, target, `${API.ours}/issues`);
    if (status === 200) counts.lists++;
    else if (status === 429) counts.refused++;
    else throw new Error(`listing everything: ${status}`);
    if (status === 429) await sleep(retryAfter * 1_000);
  }
}
