import type { ReadingOptions } from '../commands/reading.ts';
import type { Streams } from '../streams.ts';
import { Asker } from './ask.ts';
import { connectToRead } from './connect.ts';
import { issueOfId } from './issue-of-id.ts';

/** Where the issue is that somebody named by its name, or by Kite's id. */
export async function resolvedId(
  options: ReadingOptions,
  given: string,
  streams: Streams,
): Promise<{ readonly namespace: string; readonly name: string }> {
  await using asker = new Asker(await connectToRead(options, streams), streams.signal);
  return await issueOfId(asker, given, options.namespace ?? asker.connection.namespace ?? 'default');
}
