import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Postgres, type PostgresOptions, startPostgres } from '../controlplane/postgres.ts';
import { FaultDatabase } from './database.ts';
import { Server } from './server.ts';

/** Two replicas on one PostgreSQL, which many seeds share: every fault leaves them as it found them. */
export interface Installation extends AsyncDisposable {
  readonly dir: string;
  readonly database: FaultDatabase;
  readonly servers: readonly [Server, Server];
  /** Is disposed of with it. */
  use<T extends AsyncDisposable>(resource: T): T;
}

/** `postgres`: one that runs already and is disposed of with the installation; by default one of `settings`. */
export async function startInstallation(
  options: PostgresOptions & { readonly postgres?: Postgres } = {},
): Promise<Installation> {
  await using closing = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'faultline-faults-'));
  closing.defer(() => rm(dir, { recursive: true, force: true }));
  const postgres = closing.use(options.postgres ?? (await startPostgres(options)));
  const database = await FaultDatabase.create(postgres, dir);
  const cluster = join(dir, 'cluster');
  await mkdir(cluster);
  const start = async (name: string) =>
    closing.use(await Server.start({ name, dir: join(dir, name), cluster, databaseUrl: database.url }));
  const servers = await Promise.all([start('server-a'), start('server-b')]);
  const closer = closing.move();
  return {
    dir,
    database,
    servers,
    use: (resource) => closer.use(resource),
    [Symbol.asyncDispose]: () => closer.disposeAsync(),
  };
}
