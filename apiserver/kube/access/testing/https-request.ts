import { request } from 'node:https';
import type { Issued } from './authority.ts';

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  json(): Record<string, unknown>;
}

export interface HttpsOptions {
  readonly ca: string;
  readonly client?: Issued;
  readonly method?: string;
  readonly headers?: NodeJS.Dict<string | string[]>;
  readonly body?: string | Buffer;
}

/** One request on a connection of its own; the server's certificate is verified. */
export function httpsRequest(url: string, options: HttpsOptions): Promise<HttpsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpsAnswer>();
  const { ca, client, method = 'GET', headers = {}, body } = options;
  const sent = request(url, { ca, ...client, method, headers, agent: false }, async (response) => {
    try {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) });
    } catch (error) {
      reject(error);
    }
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}
