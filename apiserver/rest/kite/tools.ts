import type { Context } from 'koa';
import { jsonBody } from '../body.ts';
import { KiteError } from './errors.ts';
import type { KiteOptions } from './options.ts';
import { KiteReader } from './reader.ts';
import type { OnMapped } from './words.ts';
import { KiteWriter } from './writer.ts';

/** As much as Kubernetes takes. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** What the routes of Kite share. */
export interface KiteTools {
  readonly options: KiteOptions;
  readonly reader: KiteReader;
  readonly writer: KiteWriter;
  /** The body as JSON. */
  readonly body: (ctx: Context) => Promise<unknown>;
  readonly onMapped: OnMapped;
  readonly onRefusedLink: (url: string) => void;
}

export function kiteTools(options: KiteOptions): KiteTools {
  const { logger } = options;
  return {
    options,
    reader: new KiteReader(options),
    writer: new KiteWriter(options),
    body: async (ctx) => {
      const body = await jsonBody(ctx.req, MAX_BODY_BYTES);
      if (typeof body !== 'object' || body === null) {
        throw new KiteError(400, 'Invalid request body', 'the body must be a JSON object');
      }
      return body;
    },
    onMapped: (from, to) => logger.info({ from, to }, 'a client of Kite sent a severity that Kite does not have'),
    onRefusedLink: (url) =>
      logger.info({ url: url.slice(0, 200) }, 'a link of a client of Kite is no http or https URL'),
  };
}
