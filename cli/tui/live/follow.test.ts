import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterConnection } from '../../cluster/connection.ts';
import { Failure } from '../../exit.ts';
import { Asker } from '../../reading/ask.ts';
import type { Connection } from '../frame/scene.ts';
import type { Follower } from '../source/source.ts';
import { type FakeApi, fakeApi } from '../testing/api-server.ts';
import { MORNING, NOW } from '../testing/issues.ts';
import { type Follow, follow } from './follow.ts';

let api: FakeApi;
let stop: AbortController;
beforeEach(async () => {
  api = await fakeApi(MORNING.slice(0, 2));
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await api[Symbol.asyncDispose]();
});

/** What a follower was told, as words. */
class Told implements Follower {
  readonly words: string[] = [];
  readonly waits: number[] = [];
  readonly states: Connection[] = [];

  connection(connection: Connection): void {
    this.states.push(connection);
    if (connection.kind !== this.states.at(-2)?.kind) this.words.push(connection.kind);
  }
  columns(): void {}
  rows(put: readonly { readonly object: { metadata: { name: string } } }[], remove: readonly string[]): void {
    for (const { object } of put) this.words.push(`+${object.metadata.name.split('-')[1]}`);
    for (const key of remove) this.words.push(`-${key}`);
  }
  synced(keys: ReadonlySet<string>): void {
    this.words.push(`synced ${keys.size}`);
  }
  limited(namespace: string): void {
    this.words.push(`limited to ${namespace}`);
  }
  said(word: string, times = 1): Promise<void> {
    return vi.waitFor(() => expect(this.words.filter((each) => each === word).length).toBeGreaterThanOrEqual(times), {
      timeout: 10_000,
      interval: 5,
    });
  }
}

function begin(over: Partial<Follow> = {}): { told: Told; done: Promise<void> } {
  const told = new Told();
  const connection: ClusterConnection = {
    server: api.url,
    name: 'work',
    headers: async () => ({ authorization: 'Bearer t' }),
  };
  const done = follow({
    open: async (signal) => new Asker(connection, signal),
    ...{ namespace: undefined, fallback: 'shop', to: told, signal: stop.signal, now: () => NOW },
    // No test waits for a backoff.
    sleep: async (ms) => void told.waits.push(ms),
    ...over,
  });
  return { told, done };
}

describe('following issues', () => {
  it('lists, watches, and tells of what changes; a deleted one is gone', async () => {
    const { told, done } = begin();
    await api.watching(1);
    api.event('MODIFIED', MORNING.slice(2, 3));
    api.event('DELETED', MORNING.slice(0, 1));
    await told.said('-checkout/component-payments-mfrggzdf');
    expect(told.words).toEqual([
      ...['connecting', '+payments', '+cart', 'loading', 'synced 2', 'live', '+nightly'],
      '-checkout/component-payments-mfrggzdf',
    ]);
    stop.abort();
    await done;
    expect(api.asked.map(({ url }) => new URL(url, 'http://x').searchParams.get('includeObject'))).toEqual([
      'Object',
      'Object',
    ]);
  });

  it('shows a screenful first, then the rest as it arrives, a piece at a time', async () => {
    api.issues = Array.from({ length: 230 }, (_, at) => ({ name: `component-${at}-mfrggzdf` }));
    const { told } = begin();
    const rows = vi.spyOn(told, 'rows');
    await api.watching(1);
    await told.said('synced 230');
    expect(rows.mock.calls.map(([put]) => put.length)).toEqual([50, 50, 50, 50, 30]);
    const questions = api.asked.map(({ url }) => new URL(url, 'http://x').searchParams);
    expect(questions.map((each) => [each.get('limit'), each.get('continue')])).toEqual([
      ...[
        ['100', null],
        ['4000', '100'],
        [null, null],
      ],
    ]);
  });

  it('a watch that ends in order is opened again where it was, and nobody is told', async () => {
    const { told } = begin();
    await api.watching(1);
    await told.said('live');
    api.event('MODIFIED', MORNING.slice(2, 3));
    await told.said('+nightly');
    api.end();
    await api.watching(2);
    expect(api.asked.at(-1)?.url).toMatch(/watch=true.*resourceVersion=1\b/);
    expect(told.words.filter((word) => word === 'lost')).toEqual([]);
  });

  it('a server that dies and comes back: lost, then live again, and nothing is listed twice', async () => {
    const { told } = begin();
    await api.watching(1);
    await told.said('live');
    api.cut();
    await told.said('live', 2);
    expect(told.words).toEqual(['connecting', '+payments', '+cart', 'loading', 'synced 2', 'live', 'lost', 'live']);
    expect(told.waits).toEqual([1_000]);
  });

  it('a server that forgot is listed again: what is gone meanwhile is told by what is there', async () => {
    const { told } = begin();
    await api.watching(1);
    await told.said('live');
    api.issues = MORNING.slice(1, 2);
    let once = true;
    api.refuse = (url) => {
      if (!once || url.searchParams.get('watch') !== 'true') return undefined;
      once = false;
      return { status: 410, message: 'too old' };
    };
    api.end();
    await told.said('synced 1');
    await told.said('live', 2);
  });

  it('a server that forgets over and over is listed again with longer and longer waits', async () => {
    let times = 0;
    api.refuse = (url) =>
      url.searchParams.get('watch') === 'true' && ++times <= 4 ? { status: 410, message: 'too old' } : undefined;
    const { told } = begin();
    await told.said('live');
    expect(told.waits).toEqual([1_000, 2_000, 4_000]);
    expect(told.words.filter((word) => word === 'synced 2')).toHaveLength(5);
  });

  it('401 is refused, with the reason, and asked again with longer and longer waits until it is allowed', async () => {
    let times = 0;
    api.refuse = () => (++times <= 7 ? { status: 401, message: 'Unauthorized' } : undefined);
    const { told } = begin();
    await told.said('live');
    expect(told.waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(told.states).toContainEqual({
      kind: 'refused',
      why: expect.stringMatching(/does not know you: the credentials/),
      since: NOW,
      again: NOW + 1_000,
    });
  });

  it('who may not list all namespaces follows the one of the context', async () => {
    api.refuse = (url) => (url.pathname.includes('/namespaces/') ? undefined : { status: 403, message: 'no' });
    const { told } = begin();
    await told.said('live');
    expect(told.words.slice(0, 2)).toEqual(['connecting', 'limited to shop']);
    expect(api.asked.at(-1)?.url).toContain('/namespaces/shop/issues');
  });

  it('nobody there, and a kubeconfig that cannot be read, are told as what they are', async () => {
    const away: ClusterConnection = { server: 'http://127.0.0.1:1', name: 'work', headers: async () => ({}) };
    let times = 0;
    const { told } = begin({
      open: async (signal) => {
        if (++times === 1) return new Asker(away, signal);
        if (times === 2) throw new Failure('config is no usable kubeconfig');
        return new Asker({ ...away, server: api.url }, signal);
      },
    });
    await told.said('live');
    expect(told.states.flatMap((state) => ('why' in state ? [[state.kind, state.why]] : []))).toEqual([
      ['lost', expect.stringMatching(/^cannot reach http:\/\/127\.0\.0\.1:1 \(context work\): /)],
      ['refused', 'config is no usable kubeconfig'],
    ]);
  });

  it('a mistake of ours is not taken for a bad connection', async () => {
    const { done } = begin({ open: () => Promise.reject(new TypeError('x is not a function')) });
    await expect(done).rejects.toThrow('x is not a function');
  });
});
