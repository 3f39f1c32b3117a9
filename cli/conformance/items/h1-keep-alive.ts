import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { Agent } from 'undici';
import type { ClusterConnection } from '../../cluster/connection.ts';
import { ensure, type Item } from '../item.ts';

/** Above what Node keeps an idle connection open by default (5 s). */
const IDLE_MS = 6_500;

export const h1: Item = {
  number: 'H1',
  level: 'MUST',
  requirement:
    'The protocol is chosen by ALPN, and idle connections stay open longer than kube-apiserver keeps them (90 s).',
  breaks: 'A request meets a connection that is being closed: 503 at random, also for what may not be sent twice.',
  async check({ straight, signal }) {
    const { connection } = straight;
    const protocol = await negotiated(connection);
    ensure(protocol === 'http/1.1' || protocol === 'h2', `ALPN chose "${protocol}" of h2 and http/1.1`);
    if (protocol === 'h2') return;
    const agent = new Agent({ connect: options(connection), connections: 1, keepAliveTimeout: 60_000 });
    try {
      await checkIdle(agent, connection.server, signal);
    } finally {
      await agent.destroy();
    }
  },
};

/** Node servers say how long they wait; others are tried for a little longer than Node's default. */
async function checkIdle(agent: Agent, origin: string, signal: AbortSignal): Promise<void> {
  let opened = 0;
  agent.on('connect', () => opened++);
  const ask = async (): Promise<string> => {
    const { headers, body } = await agent.request({ origin, path: '/healthz', method: 'GET' });
    await body.dump();
    return [headers['keep-alive'] ?? ''].flat().join();
  };
  const said = Number(/timeout=(\d+)/.exec(await ask())?.[1] ?? Number.NaN);
  ensure(!(said < 90), `it says that it closes idle connections after ${said} s`);
  if (said >= 90) return;
  await sleep(IDLE_MS, undefined, { signal });
  await ask();
  ensure(opened === 1, `an idle connection was closed within ${IDLE_MS / 1_000} s`);
}

function options({ ca, serverName, skipTlsVerify }: ClusterConnection) {
  return {
    ...(ca && { ca }),
    ...(serverName && { servername: serverName }),
    rejectUnauthorized: !skipTlsVerify,
  };
}

function negotiated(connection: ClusterConnection): Promise<string | false | null> {
  const { hostname: host, port } = new URL(connection.server);
  const { promise, resolve, reject } = Promise.withResolvers<string | false | null>();
  const socket = connect({
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port || 443),
    ALPNProtocols: ['h2', 'http/1.1'],
    ...options(connection),
  });
  socket.once('secureConnect', () => resolve(socket.alpnProtocol));
  socket.once('error', reject);
  return promise.finally(() => socket.destroy());
}
