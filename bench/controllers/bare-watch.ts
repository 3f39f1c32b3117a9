import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ControlPlane } from '../../tests/controlplane/control-plane.ts';

/** What a bare watch is opened with. */
export interface BareWatchPlan {
  readonly url: string;
  /** Path and query. */
  readonly path: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** An event as it arrived: the object's name, and when, ms since 1970. */
export type Arrival = readonly [name: string, at: number];

export interface BareWatch extends AsyncDisposable {
  /** Ends the watch; what arrived, in its order. */
  end(): Promise<readonly Arrival[]>;
}

/**
 * A watch in a process of its own that does nothing but read: what it has to wait for, everybody has to wait for. Resolves when it
 * is open.
 */
export async function openBareWatch(plane: ControlPlane, path: string): Promise<BareWatch> {
  const { certificatePem: cert, keyPem: key } = plane.admin;
  const child = fork(join(import.meta.dirname, 'bare-watch-process.ts'));
  const plan: BareWatchPlan = { url: plane.url, path, ca: plane.caPem, cert, key };
  child.send(plan);
  const [opened] = (await once(child, 'message')) as [string];
  if (opened !== 'open') throw new Error(`bare watch: ${opened}`);
  const ended = Promise.withResolvers<readonly Arrival[]>();
  // A fault in the middle is told at the end.
  ended.promise.catch(() => {});
  child.on('message', (message: string | readonly Arrival[]) => {
    if (typeof message !== 'string') ended.resolve(message);
    else if (message !== 'open') ended.reject(new Error(`bare watch: ${message}`));
  });
  child.once('exit', () => ended.reject(new Error('bare watch: its process has ended')));
  return {
    async end() {
      if (child.connected) child.send('end');
      return await ended.promise;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
    },
  };
}
