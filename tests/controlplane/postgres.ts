/**
 * A throw-away PostgreSQL from Debian's package, for tests and benches:
 *
 *     await using postgres = await startPostgres();
 *     const url = await postgres.database('issues');
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Child } from './child.ts';
import { freePort } from './ports.ts';
import { descendants, isRunning, signalAll } from './process-tree.ts';

export interface PostgresOptions {
  /**
   * Whether commits reach the disk. Default true, because a bench without it measures something else. Without it they
   * survive `kill`, but not a power cut.
   */
  readonly fsync?: boolean;
  /** Also listen on 127.0.0.1 with a password, for pgbench and proxies. Default false: only the socket. */
  readonly tcp?: boolean;
  /** More settings, for example `{ shared_buffers: '512MB' }`. They win over ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where its folder is made. Default: that of temporary files. */
  readonly parent?: string;
  /** Default 30 s. */
  readonly readyTimeoutMs?: number;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

interface Layout {
  readonly bin: string;
  readonly dir: string;
  readonly port: number;
  readonly password: string;
  readonly account: Account | undefined;
  readonly options: PostgresOptions;
}

const run = promisify(execFile);
const debianRoot = '/usr/lib/postgresql';
const superuser = 'postgres';

/**
 * Creates a cluster in a temporary folder and starts it, about 2 s. When we are root it runs as the user `postgres`,
 * because PostgreSQL refuses root. Throws an error that names the package when PostgreSQL is not installed, and the
 * end of its log when it does not start.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const bin = postgresBin();
  const account = await postgresAccount();
  const dir = await mkdtemp(join(options.parent ?? tmpdir(), 'faultline-pg-'));
  const layout = { bin, dir, port: await freePort(), password: randomBytes(12).toString('hex'), account, options };
  const postgres = new Postgres(layout);
  try {
    await initialise(layout);
    await postgres.start();
    return postgres;
  } catch (error) {
    await postgres[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * A streaming standby of `primary`, on the same port in a folder of its own; its application_name is `standby`, for
 * `synchronous_standby_names`. After `promote` it takes writes; the primary is then to be killed by the caller.
 */
export async function startStandby(primary: Postgres, options: PostgresOptions = {}): Promise<Postgres> {
  const [bin, account] = [postgresBin(), await postgresAccount()];
  const dir = await mkdtemp(join(options.parent ?? tmpdir(), 'faultline-pg-'));
  const standby = new Postgres({ bin, dir, port: primary.port, password: '', account, options });
  try {
    await mkdir(join(dir, 'socket'), { mode: 0o700 });
    if (account) for (const path of [dir, join(dir, 'socket')]) chownSync(path, account.uid, account.gid);
    const source = `host=${primary.socketDir} port=${primary.port} user=${superuser} application_name=standby`;
    const args = ['-D', join(dir, 'data'), '-d', source, '-X', 'stream', '-R', '-c', 'fast', '--no-sync'];
    await run(join(bin, 'pg_basebackup'), args, { ...account, cwd: dir, env: { PATH: process.env.PATH ?? '' } });
    await standby.start();
    return standby;
  } catch (error) {
    await standby[Symbol.asyncDispose]();
    throw error;
  }
}

export class Postgres implements AsyncDisposable {
  /** Temporary folder with data, socket and log; gone after dispose. */
  readonly dir: string;
  /** Folder of the unix socket, for libpq's `host`. */
  readonly socketDir: string;
  /** Number in the socket's name, and the port on 127.0.0.1 with the option `tcp`. */
  readonly port: number;
  /** Folder of psql, pgbench, pg_dump, of the same version as the server. */
  readonly bin: string;
  readonly logPath: string;
  readonly #layout: Layout;
  #server: Child | undefined;
  #paused: readonly number[] = [];

  /** Use {@link startPostgres}. */
  constructor(layout: Layout) {
    this.#layout = layout;
    this.dir = layout.dir;
    this.port = layout.port;
    this.bin = layout.bin;
    this.socketDir = join(layout.dir, 'socket');
    this.logPath = join(layout.dir, 'postgres.log');
  }

  get pid(): number | undefined {
    return this.#server?.pid;
  }

  /** URL of the database `postgres` over the socket. */
  get url(): string {
    return this.urlOf('postgres');
  }

  /** URL of a database, in the form that node-pg and libpq both read, over the socket and as the superuser. */
  urlOf(database: string): string {
    return `postgres://${superuser}@/${database}?host=${encodeURIComponent(this.socketDir)}&port=${this.port}`;
  }

  /** URL over TCP. Throws without the option `tcp`. */
  tcpUrlOf(database: string): string {
    if (!this.#layout.options.tcp)
      throw new Error('this PostgreSQL listens on its socket only; start it with tcp: true');
    return `postgres://${superuser}:${this.#layout.password}@127.0.0.1:${this.port}/${database}`;
  }

  /** Drops the database when it exists, creates it from the template (default `template1`) and returns its URL. */
  async database(name: string, template = 'template1'): Promise<string> {
    if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) throw new Error(`${JSON.stringify(name)} is no plain database name`);
    await this.#client('dropdb', ['--if-exists', '--force', name]);
    await this.#client('createdb', ['-T', template, name]);
    return this.urlOf(name);
  }

  /** What psql prints for the statement, unaligned and without headings; throws with its error. */
  async psql(sql: string, database = 'postgres'): Promise<string> {
    const args = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', database, '-c', sql];
    return (await this.#client('psql', args)).trimEnd();
  }

  /** Starts the server on its old folder and waits until it takes connections. Does nothing when it runs. */
  async start(): Promise<void> {
    if (this.#server && !this.#server.ended) return;
    const { bin, account, options } = this.#layout;
    this.#server = await Child.start({
      name: 'postgres',
      command: join(bin, 'postgres'),
      args: ['-D', join(this.dir, 'data'), ...settingArgs(this.#settings())],
      logPath: this.logPath,
      env: { LC_ALL: 'C' },
      deathSignal: 'QUIT', // its children then go with it; SIGKILL would leave them to find out
      ...account,
    });
    const answers = (): Promise<boolean> => this.#client('pg_isready', ['-q']).then(() => true);
    await this.#server.until('accepting connections', answers, options.readyTimeoutMs ?? 30_000);
  }

  /** Fast shutdown: open transactions are rolled back, everything committed is kept. */
  async stop(): Promise<void> {
    this.resume();
    await this.#server?.stop('SIGINT');
  }

  /** A crash: every process at once, without a word. `start` recovers from the write-ahead log. */
  async kill(): Promise<void> {
    if (!this.#server || this.#server.ended) return;
    const { pid } = this.#server;
    process.kill(pid, 'SIGSTOP'); // no new backends while we count them
    const backends = await descendants(pid);
    signalAll(backends, 'SIGKILL');
    await this.#server.stop('SIGKILL');
    // A backend that is not gone yet holds the shared memory, and the next start would refuse.
    while (backends.some(isRunning)) await sleep(10);
  }

  /** Freezes the server and its backends: connections stay open and nobody answers. */
  async pause(): Promise<void> {
    if (!this.#server || this.#server.ended) throw new Error('PostgreSQL does not run, so it cannot be paused');
    process.kill(this.#server.pid, 'SIGSTOP');
    this.#paused = await descendants(this.#server.pid);
    signalAll(this.#paused, 'SIGSTOP');
  }

  /** Makes a standby a primary on a timeline of its own; resolves when it takes writes. */
  async promote(): Promise<void> {
    await this.psql('SELECT pg_promote(true, 30)');
  }

  /** Ends `pause`; harmless without one. */
  resume(): void {
    if (!this.#server || this.#server.ended) return;
    signalAll([...this.#paused, this.#server.pid], 'SIGCONT');
    this.#paused = [];
  }

  /** Kills the server and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }

  #settings(): Record<string, string> {
    const { options, port } = this.#layout;
    // Not synchronous_commit: a commit that was acknowledged must survive kill() in tests too.
    const durability = options.fsync === false ? { fsync: 'off', full_page_writes: 'off' } : {};
    return {
      port: String(port),
      listen_addresses: options.tcp ? '127.0.0.1' : '',
      unix_socket_directories: this.socketDir,
      ...durability,
      ...options.settings,
    };
  }

  async #client(command: string, args: readonly string[]): Promise<string> {
    const where = ['-h', this.socketDir, '-p', String(this.port), '-U', superuser];
    const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C' };
    const { stdout } = await run(join(this.bin, command), [...where, ...args], { env, maxBuffer: 64 << 20 });
    return stdout;
  }
}

/** `-c name=value` for each setting. */
export function settingArgs(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Newest of Debian's version folders, which are plain numbers since PostgreSQL 10. */
export function newestVersion(folders: readonly string[]): string | undefined {
  return folders.filter((name) => /^\d+$/.test(name)).toSorted((a, b) => Number(b) - Number(a))[0];
}

async function initialise({ bin, dir, account, password }: Layout): Promise<void> {
  const passwordFile = join(dir, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await mkdir(join(dir, 'socket'), { mode: 0o700 });
  const owned = [dir, passwordFile, join(dir, 'socket')];
  if (account) for (const path of owned) chownSync(path, account.uid, account.gid);
  const auth = [
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
  ];
  // No sync of the empty cluster: a power cut during a test costs nothing.
  const args = ['-D', join(dir, 'data'), '--encoding=UTF8', '--locale=C', '--no-sync', ...auth];
  await run(join(bin, 'initdb'), args, { ...account, cwd: dir, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' } });
}

function postgresBin(): string {
  const version = existsSync(debianRoot) ? newestVersion(readdirSync(debianRoot)) : undefined;
  const candidates = [
    ...(version ? [join(debianRoot, version, 'bin')] : []),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  const found = candidates.find((dir) => ['initdb', 'postgres', 'psql'].every((name) => existsSync(join(dir, name))));
  if (found) return found;
  throw new Error(
    `no PostgreSQL server in ${debianRoot}/*/bin or on PATH (initdb, postgres, psql). ` +
      "On Debian and Ubuntu: 'apt-get install postgresql-15' (any version from 15 on will do).",
  );
}

/** Whom to run as: undefined is ourselves. */
async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string): Promise<number> => Number((await run('id', [flag, 'postgres'])).stdout);
  try {
    return { uid: await id('-u'), gid: await id('-g') };
  } catch (cause) {
    throw new Error("PostgreSQL refuses to run as root and there is no user 'postgres'; create one with adduser", {
      cause,
    });
  }
}
