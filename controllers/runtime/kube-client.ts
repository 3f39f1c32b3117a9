/** A cluster's API server, as far as reading needs it. */
export interface KubeClient {
  /** The server's URL, for messages. */
  readonly server: string;
  /** Rejects when the server cannot be reached or the signal aborts; any HTTP status is an answer. */
  request(path: string, options: { signal: AbortSignal; stream?: boolean }): Promise<KubeResponse>;
}

export interface KubeResponse {
  readonly status: number;
  /** Milliseconds of a Retry-After header. */
  readonly retryAfterMs?: number;
  readonly body: AsyncIterable<Uint8Array>;
  text(): Promise<string>;
}

export interface KubeClientOptions {
  /** `https://host:port`, with a path when the API server is behind one. */
  server: string;
  /** PEM. */
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  /** `insecure-skip-tls-verify` of a kubeconfig. Default false. */
  skipTlsVerify?: boolean;
  /** TLS server name when it differs from the host. */
  serverName?: string;
  /** Asked for every request, so that tokens can be renewed. */
  headers?: () => Promise<Record<string, string>>;
  /** Requests a second that are not watches, and how many may come at once. Default 50 and 100. */
  qps?: number;
  burst?: number;
  /** Requests at the same time that are not watches. Default 8. */
  concurrency?: number;
}

export declare function createKubeClient(options: KubeClientOptions): KubeClient & AsyncDisposable;
