import type { Clock } from './clock.ts';
import { answerError, collectionPath, METADATA_ONLY, type ServedKind } from './discovery.ts';
import type { Shape } from './json-projection.ts';
import type { KubeClient } from './kube-client.ts';
import { pageOf } from './list-page.ts';
import type { WatchRequest } from './source.ts';
import { shapeOf } from './strip.ts';
import { WatchStream } from './watch-stream.ts';

export interface ReflectorRequestsOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What a reflector asks of its server: pages of a list, and watches. Both reject with an AnswerError for any refusal. */
export class ReflectorRequests {
  readonly #options: ReflectorRequestsOptions;
  readonly #request: WatchRequest;
  /** What of the objects is read at all. */
  readonly #wanted: Shape;

  constructor(options: ReflectorRequestsOptions, request: WatchRequest) {
    this.#options = options;
    this.#request = request;
    this.#wanted = request.fields === undefined ? true : shapeOf(request.fields);
  }

  async page(served: ServedKind, parameters: Record<string, string>, signal: AbortSignal) {
    const path = this.#path(served, parameters);
    return await pageOf(await this.#options.client.request(path, { signal, ...this.#accept('list') }), this.#wanted);
  }

  async watch(served: ServedKind, parameters: Record<string, string>, signal: AbortSignal): Promise<WatchStream> {
    const { client, clock, random } = this.#options;
    // The server ends a watch after this time; the spread keeps all of ours from ending together.
    const timeoutSeconds = String(Math.round(300 + 300 * random()));
    const path = this.#path(served, { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds, ...parameters });
    const connection = new AbortController();
    const either = AbortSignal.any([signal, connection.signal]);
    const response = await client.request(path, { signal: either, stream: true, ...this.#accept('watch') });
    if (response.status === 200) return new WatchStream(response, connection, clock, this.#wanted);
    throw answerError(response.status, await response.text(), response.retryAfterMs);
  }

  #accept(verb: 'list' | 'watch'): { accept?: string } {
    return this.#request.metadataOnly === true ? { accept: METADATA_ONLY[verb] } : {};
  }

  #path(served: ServedKind, parameters: Record<string, string>): string {
    const { labelSelector, fieldSelector, namespace } = this.#request;
    const all = { ...parameters, ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) };
    return `${collectionPath(served, namespace)}?${new URLSearchParams(all)}`;
  }
}
