import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Processes } from './processes.ts';

/**
 * One process per state folder: PGlite does not lock its files, and two openers corrupt them (design.md decision 3).
 * `<folder>/lock` is made with O_EXCL and names its holder by pid and by the start time of that pid, so that a pid
 * that now belongs to another program does not look like the holder.
 *
 * Taking over from a dead holder is race-safe: a lock that names holder D is only ever replaced by the one process
 * that made `lock.<D's token>` with O_EXCL and then still found D in the lock. Should that process die in between,
 * the same rule holds for its claim.
 */
export interface StateLock extends AsyncDisposable {
  readonly path: string;
}

interface Holder {
  readonly pid: number;
  readonly started: string;
  /** Distinguishes every attempt ever made. */
  readonly token: string;
}

/** A living process holds the folder. The message is one line that says what to do. */
export class StateInUse extends Error {
  override readonly name = 'StateInUse';
}

// A lock without content is one whose maker has not written yet, or died within microseconds.
const EMPTY_IS_DEAD_AFTER_MS = 2_000;
const LOOK_AGAIN_MS = 25;

/** Takes the lock of a state folder that exists, or throws StateInUse. */
export async function acquireLock(folder: string, processes: Processes): Promise<StateLock> {
  const path = join(folder, 'lock');
  const started = (await processes.startOf(processes.pid)) ?? '';
  const mine: Holder = { pid: processes.pid, started, token: randomUUID() };
  for (;;) {
    if (await create(path, mine)) return held(path, mine);
    const found = await inspect(path, processes);
    if (found.state === 'lives') throw inUse(folder, found.holder);
    if (found.state === 'dead' && (await takeOver(path, found, mine, processes))) return held(path, mine);
    if (found.state !== 'dead') await processes.wait(LOOK_AGAIN_MS);
  }
}

type Found =
  | { readonly state: 'gone' }
  | { readonly state: 'starting' }
  | { readonly state: 'lives'; readonly holder: Holder }
  | { readonly state: 'dead'; readonly text: string; readonly token: string };

async function inspect(path: string, processes: Processes): Promise<Found> {
  const text = await readIfThere(path);
  if (text === undefined) return { state: 'gone' };
  const holder = parseHolder(text);
  if (holder === undefined) {
    const modified = (await modifiedAt(path)) ?? processes.now();
    if (processes.now() - modified < EMPTY_IS_DEAD_AFTER_MS) return { state: 'starting' };
    return { state: 'dead', text, token: `empty-${Math.trunc(modified)}` };
  }
  const started = await processes.startOf(holder.pid);
  const same = started !== undefined && (started === '' || holder.started === '' || started === holder.started);
  return same ? { state: 'lives', holder } : { state: 'dead', text, token: holder.token };
}

/** True when this process now holds the lock; false when somebody else was faster and one has to look again. */
async function takeOver(
  path: string,
  dead: Extract<Found, { state: 'dead' }>,
  mine: Holder,
  processes: Processes,
): Promise<boolean> {
  const claims: string[] = [];
  for (let token = dead.token; ; ) {
    const claim = `${path}.${token}`;
    claims.push(claim);
    if (await create(claim, mine)) break;
    const other = await inspect(claim, processes);
    if (other.state === 'gone') return false;
    if (other.state !== 'dead') {
      await processes.wait(LOOK_AGAIN_MS);
      return false;
    }
    token = `${token}-${other.token}`;
  }
  const mineNow = (await readIfThere(path)) === dead.text;
  if (mineNow) await replace(path, mine);
  // The last claim first: while an earlier one stands, nobody can begin a second chain for the same dead holder.
  for (const claim of claims.reverse()) await rm(claim, { force: true });
  return mineNow;
}

function held(path: string, mine: Holder): StateLock {
  return {
    path,
    async [Symbol.asyncDispose]() {
      if (parseHolder((await readIfThere(path)) ?? '')?.token === mine.token) await rm(path, { force: true });
    },
  };
}

function inUse(folder: string, { pid }: Holder): StateInUse {
  return new StateInUse(
    `${folder} is in use by faultline with pid ${pid}: stop it (kill ${pid}), or choose another folder with --state-dir`,
  );
}

async function create(path: string, holder: Holder): Promise<boolean> {
  try {
    await using file = await open(path, 'wx', 0o600);
    await file.writeFile(`${JSON.stringify(holder)}\n`);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function replace(path: string, holder: Holder): Promise<void> {
  const aside = `${path}.new-${holder.token}`;
  await create(aside, holder);
  await rename(aside, path);
}

async function readIfThere(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function modifiedAt(path: string): Promise<number | undefined> {
  return await stat(path).then(
    (found) => found.mtimeMs,
    () => undefined,
  );
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, started, token } = JSON.parse(text) as Partial<Holder>;
    if (typeof pid !== 'number' || typeof started !== 'string') return undefined;
    return typeof token === 'string' && /^[\w-]+$/.test(token) ? { pid, started, token } : undefined;
  } catch {
    return undefined;
  }
}
