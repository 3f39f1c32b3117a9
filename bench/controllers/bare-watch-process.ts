/** A watch that does nothing but read: forked by {@link openBareWatch}. */
import { Client } from 'undici';
import { linesOf } from '../../controllers/runtime/json-lines.ts';
import type { Arrival, BareWatchPlan } from './bare-watch.ts';

interface Event {
  readonly object: { readonly metadata: { readonly name: string; readonly resourceVersion: string } };
}

process.once('message', async ({ url, path, ca, cert, key }: BareWatchPlan) => {
  const client = new Client(url, { connect: { ca, cert, key }, bodyTimeout: 0 });
  const ended = new AbortController();
  const arrivals: Arrival[] = [];
  let version = '';
  process.once('message', () => {
    ended.abort();
    // What is long is on its way for a while.
    process.send?.(arrivals, () => process.disconnect());
  });
  // kube-apiserver ends a watch now and then.
  while (!ended.signal.aborted) {
    const from = version && `&resourceVersion=${version}`;
    try {
      const { statusCode, body } = await client.request({ method: 'GET', path: path + from, signal: ended.signal });
      if (statusCode !== 200) throw new Error(`${statusCode} ${await body.text()}`);
      process.send?.('open');
      const read = (line: Buffer): void => {
        const at = performance.timeOrigin + performance.now();
        const { metadata } = (JSON.parse(line.toString()) as Event).object;
        version = metadata.resourceVersion;
        arrivals.push([metadata.name, at]);
      };
      for await (const _ of linesOf(body, read));
    } catch (error) {
      if (ended.signal.aborted) break;
      process.send?.(String(error));
      return;
    }
  }
});
