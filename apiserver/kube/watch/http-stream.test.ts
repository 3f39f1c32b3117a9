import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { NO_METRICS } from '../metrics.ts';
import { streamWatch } from './http-stream.ts';
import type { Watcher } from './watcher.ts';

/** A response whose client takes nothing. */
class StalledResponse extends EventEmitter {
  destroyed = false;
  readonly written: string[] = [];
  readonly req = { httpVersion: '1.1' };
  readonly socket = Object.assign(new EventEmitter(), { write: (bytes: Buffer) => this.write(bytes) });
  setHeader(): void {}
  flushHeaders(): void {}
  end(): void {}
  write(bytes: Buffer): boolean {
    this.written.push(bytes.toString());
    return false;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

const frame = (letter: string) => ({ line: Buffer.from(`${letter}\n`), chunk: Buffer.from(`2\r\n${letter}\n\r\n`) });

const endless = {
  lag: 0,
  async *frames(signal: AbortSignal) {
    while (!signal.aborted) yield [frame('a'), frame('b')];
  },
} as unknown as Watcher;

describe('streamWatch', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('W11 writes nothing more until the client has taken what it was given', async () => {
    const response = new StalledResponse();
    const stop = new AbortController();
    const done = streamWatch(endless, response as unknown as ServerResponse, stop.signal, NO_METRICS, 'widgets');
    await vi.waitFor(() => expect(response.written).toEqual(['2\r\na\n\r\n2\r\nb\n\r\n']));
    response.socket.emit('drain');
    await vi.waitFor(() => expect(response.written).toHaveLength(2));
    stop.abort();
    await done;
    expect(response.written).toHaveLength(2);
  });

  it('W11 gives up a client that takes nothing for a minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const response = new StalledResponse();
    const signal = new AbortController().signal;
    const done = streamWatch(endless, response as unknown as ServerResponse, signal, NO_METRICS, 'widgets');
    await vi.advanceTimersByTimeAsync(60_001);
    await done;
    expect(response.destroyed).toBe(true);
    expect(response.written).toHaveLength(1);
  });

  it('W11 a watch that has ended is not kept for a client that does not read its end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const response = new StalledResponse();
    const over = { lag: 0, async *frames() {} } as unknown as Watcher;
    await streamWatch(over, response as unknown as ServerResponse, new AbortController().signal, NO_METRICS, 'widgets');
    await vi.advanceTimersByTimeAsync(59_000);
    expect(response.destroyed).toBe(false);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(response.destroyed).toBe(true);
  });

  it('W15 ends at once when the client is gone already', async () => {
    const response = new StalledResponse();
    response.destroyed = true;
    const over = Promise.withResolvers<boolean>();
    const watcher = {
      lag: 0,
      async *frames(signal: AbortSignal) {
        over.resolve(signal.aborted);
        yield [];
      },
    } as unknown as Watcher;
    const stop = new AbortController().signal;
    await streamWatch(watcher, response as unknown as ServerResponse, stop, NO_METRICS, 'widgets');
    expect(await over.promise).toBe(true);
  });
});
