import { createServer, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { type ListenAddress, listen } from '../../apiserver/server/listener.ts';
import type { Log } from '../log.ts';
import { type Check, healthAnswer } from './health-answer.ts';

export interface MetricsListenerOptions {
  readonly address: ListenAddress;
  readonly registry: Registry;
  /** Brings the gauges up to date. */
  measure(): void;
  /** What `/readyz` consists of. */
  ready(): readonly Check[];
  readonly log: Log;
}

/**
 * `/metrics`, `/livez`, `/healthz` and `/readyz` of a process that serves nothing else. Without TLS and without credentials, as
 * Prometheus and kubelet ask a pod; the metrics name neither objects nor users.
 */
export async function serveMetrics(options: MetricsListenerOptions): Promise<AsyncDisposable> {
  const { address, registry, measure, ready, log } = options;
  const server = createServer((request, response) => {
    const url = request.url ?? '/';
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'GET only\n');
    const health = URL.canParse(url, 'http://localhost') ? healthAnswer(url, ready) : undefined;
    if (health !== undefined) return answer(response, health.status, health.text);
    if (url.split('?')[0] !== '/metrics') return answer(response, 404, 'not found\n');
    measure();
    registry.metrics().then(
      (text) => answer(response, 200, text, registry.contentType),
      (error: unknown) => {
        log.error({ error }, 'the metrics cannot be written');
        answer(response, 500, 'the metrics cannot be written\n');
      },
    );
  });
  await listen(server, address, { scheme: 'http', flag: '--metrics-listen' });
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
}
