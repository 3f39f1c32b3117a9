import { KITE_VERSION, type KiteOptions } from './options.ts';

/** Kite's answer about its own health, and the status that goes with it: 503 while the database does not answer. */
export async function kiteHealth(options: KiteOptions): Promise<{ status: number; body: object }> {
  const { store, now } = options;
  const started = performance.now();
  const up = await store.ping();
  const seconds = (performance.now() - started) / 1_000;
  const { open, idle, max } = store.connections();
  const status = up ? 'UP' : 'DOWN';
  return {
    status: up ? 200 : 503,
    body: {
      status,
      message: up ? 'All systems operational' : 'The database does not answer',
      timestamp: new Date(now()).toISOString(),
      components: {
        api: { status: 'UP', message: 'API server is responding', details: { version: KITE_VERSION } },
        database: {
          status,
          message: up ? 'Database connection successful' : 'Database connection failed',
          details: {
            connection_status: up ? 'Healthy' : 'Unhealthy',
            response_time_seconds: seconds,
            open_connections: open,
            idle_connections: idle,
            max_open_connections: max,
          },
        },
        response_time: {
          status: 'UP',
          message: 'Response time measurement',
          details: { duration_seconds: (performance.now() - started) / 1_000 },
        },
      },
    },
  };
}
