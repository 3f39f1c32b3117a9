/** Reads a streamed list to its end and counts its bytes: forked by {@link measureBareList}. Nothing but the runtime's own client. */
import { get } from 'node:https';
import type { BareListAnswer } from './bare-list.ts';
import type { BareWatchPlan } from './bare-watch.ts';

/** In the bookmark that ends the list. */
const END = Buffer.from('k8s.io/initial-events-end');

process.once('message', ({ url, path, ca, cert, key }: BareWatchPlan) => {
  const askedAt = performance.timeOrigin + performance.now();
  const request = get(`${url}${path}`, { ca, cert, key }, (response) => {
    let bytes = 0;
    let tail: Buffer = Buffer.alloc(0);
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      const last = Buffer.concat([tail, chunk.subarray(-2_048)]);
      if (last.includes(END)) end({ bytes, askedAt });
      tail = chunk.subarray(-2_048);
    });
    response.on('end', () => end(`${response.statusCode}, ended after ${bytes} bytes`));
  });
  request.on('error', (error) => end(String(error)));
});

function end(answer: BareListAnswer | string): void {
  process.send?.(answer, () => process.exit());
}
