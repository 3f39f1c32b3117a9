import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Issue, IssueList } from '../../crds/issue.ts';
import type { Report } from '../../crds/report.ts';
import { Client } from './client.ts';
import type { FaultDatabase } from './database.ts';
import { injectFaults } from './faults.ts';
import type { Installation } from './installation.ts';
import { Journal } from './journal.ts';
import { activeOf, historyOf } from './model.ts';
import { type Plan, type PlanSize, planOf } from './plan.ts';
import { Random } from './random.ts';
import type { Server } from './server.ts';
import { issuesPath, Watcher } from './watcher.ts';

export interface SeedOptions {
  readonly seed: number;
  readonly size: PlanSize;
  /** Faults, one after another, while the clients report. */
  readonly faults: number;
  /** Longest pause between two reports of a subject, ms. */
  readonly pace: number;
  /** Default 4. */
  readonly clients?: number;
  /** Reports of a request, at most. Default 8. */
  readonly batch?: number;
  /** ms until a client gives a request up and repeats it. Default 3,000. */
  readonly patience?: number;
  /** Instead of `faults` ones of the seed's choice. The signal fires when everything was reported. */
  readonly inject?: (journal: Journal, signal: AbortSignal) => Promise<void>;
  /** Whether the database becomes another one meanwhile: only then a watcher is told 410, and each is. Default false. */
  readonly failover?: boolean;
}

/** Requests of one client at once, at most. */
const AT_ONCE = 12;

/** What is reported to. Without a database its change log is not compared. */
export interface Target {
  readonly servers: readonly Server[];
  readonly database?: FaultDatabase;
}

/** How long watches may take to show what is committed, once everything works again. */
const SETTLE_MS = 20_000;

/**
 * Runs one seed against the installation: clients, watchers and faults at once, then compares with the oracle. Answers
 * what is wrong, with the history that explains it; '' when nothing is.
 */
export async function runSeed(installation: Target, options: SeedOptions): Promise<string> {
  const { seed } = options;
  const { servers } = installation;
  const random = new Random(seed);
  const namespace = `seed-${seed}`;
  const journal = new Journal();
  const failures = new Set<string>();
  const plan = planOf(seed, { namespace, now: Date.now(), size: options.size });
  await using closing = new AsyncDisposableStack();
  const watchers = Array.from({ length: 3 }, (_, index) =>
    closing.use(new Watcher(servers, namespace, new Random(seed * 31 + index), failures)),
  );
  const ending = new AbortController();
  const faults = options.inject
    ? options.inject(journal, ending.signal)
    : injectFaults(installation as Installation, { random, count: options.faults, journal });
  await report(plan, options, { servers, journal, failures });
  ending.abort();
  await faults;
  for (const server of servers) {
    const account = await server.died();
    if (account) failures.add(account);
  }
  const wrong = await compare(installation, plan, watchers, failures);
  for (const [index, { expired }] of watchers.entries()) {
    if (expired > 0 !== (options.failover ?? false)) {
      failures.add(`watcher ${index} was told ${expired} times that its position is gone`);
    }
  }
  if (failures.size === 0 && wrong.size === 0) return '';
  return [
    `seed ${seed} (FAULTLINE_FAULTS_SEED=${seed} FAULTLINE_FAULTS_SEEDS=1):`,
    ...[...failures].slice(0, 20),
    journal.about(wrong),
  ].join('\n');
}

interface Load {
  readonly servers: readonly Server[];
  readonly journal: Journal;
  readonly failures: Set<string>;
}

/** All reports of the plan, from several clients at once; resolves when every one was acknowledged. */
async function report(plan: Plan, options: SeedOptions, load: Load): Promise<void> {
  const { seed, clients = 4, pace, batch = 8, patience } = options;
  const { servers, journal, failures } = load;
  await Promise.all(
    Array.from({ length: clients }, async (_, number) => {
      const random = new Random(seed * 1_009 + number);
      const client = new Client(servers, random, journal, failures);
      if (patience !== undefined) client.patience = patience;
      const send = async (steps: readonly (readonly Report[])[]): Promise<void> => {
        let latest = 0;
        for (const step of steps) {
          await sleep(random.between(0, pace));
          const version = await client.send(step);
          if (version < latest) failures.add(`an answer of ${version} after one of ${latest}: the counter fell`);
          latest = Math.max(latest, version);
        }
      };
      const owned = plan.owned.filter((_, index) => index % clients === number).map(({ reports }) => reports);
      const shared = plan.contested.flat().filter((_, index) => index % clients === number);
      const queue = [groupsOf(shared, random, batch), ...groupsOf(owned, random, batch).map(together)];
      const worker = async (): Promise<void> => {
        for (let next = queue.shift(); next; next = queue.shift()) await send(next);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    }),
  );
}

/** Neighbours in groups of one to `batch`: what one request carries. */
function groupsOf<T>(all: readonly T[], random: Random, batch: number): T[][] {
  const groups: T[][] = [];
  for (let from = 0; from < all.length; ) {
    const size = random.between(1, batch);
    groups.push(all.slice(from, from + size));
    from += size;
  }
  return groups;
}

/** The first reports of some subjects in one request, then their second ones. */
function together(subjects: readonly (readonly Report[])[]): Report[][] {
  const steps = Math.max(...subjects.map(({ length }) => length));
  return Array.from({ length: steps }, (_, step) => subjects.flatMap((reports) => reports[step] ?? []));
}

/** Adds what is wrong to `failures`; answers the subjects that it is about. */
async function compare(
  installation: Target,
  plan: Plan,
  watchers: readonly Watcher[],
  failures: Set<string>,
): Promise<Set<string>> {
  const subjects = new Set<string>();
  const wrong = (subject: string, text: string): void => {
    subjects.add(subject);
    failures.add(`${subject}: ${text}`);
  };
  const lists = await Promise.all(installation.servers.map((server) => listOf(server, plan.namespace)));
  for (const [index, list] of lists.entries()) {
    const name = installation.servers[index]?.name;
    compareActive(activeOf(plan), list, (subject, text) => wrong(subject, `${name}: ${text}`));
  }
  const [list] = lists as [Issue[]];
  for (const [index, watcher] of watchers.entries()) {
    const different = await differences(watcher, list);
    if (different.size > 0) {
      for (const subject of different) subjects.add(subject);
      failures.add(`watcher ${index} knows something else of ${[...different].join(', ')}; ${watcher.doing}`);
    }
  }
  if (installation.database) await compareHistories(installation.database, plan, wrong);
  return subjects;
}

function compareActive(
  expected: Map<string, string>,
  list: readonly Issue[],
  wrong: (s: string, text: string) => void,
): void {
  const active = list.filter(({ status }) => status.state === 'Active');
  const found = new Map(active.map(({ spec }) => [`${spec.subject.name}/${spec.key}`, spec.title]));
  if (found.size !== active.length) wrong('', `${active.length - found.size} issues are there twice`);
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const [want, have] = [expected.get(key), found.get(key)];
    if (want !== have)
      wrong(key.split('/')[0] as string, `${key} is ${have ?? 'not Active'} and should be ${want ?? 'healthy'}`);
  }
}

/** The change log against the history that each owned subject must have: nothing lost, nothing twice. */
async function compareHistories(
  database: FaultDatabase,
  plan: Plan,
  wrong: (subject: string, text: string) => void,
): Promise<void> {
  const rows = await database.query(`SELECT coalesce(json_agg(json_build_array(object->'spec'->'subject'->>'name',
      op || ' ' || (object->'status'->>'state') || ' ' || (object->'spec'->>'title')) ORDER BY change), '[]')
    FROM changes WHERE namespace = '${plan.namespace}'`);
  const lines = Map.groupBy(JSON.parse(rows) as [string, string][], ([subject]) => subject);
  for (const owned of plan.owned) {
    const name = owned.reports[0]?.subject.name as string;
    const found = (lines.get(name) ?? []).map(([, line]) => line);
    const expected = historyOf(owned);
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      wrong(name, `the change log says [${found.join('; ')}] and should say [${expected.join('; ')}]`);
    }
  }
}

/** Subjects of which the watcher knows something else, after it had time. */
async function differences(watcher: Watcher, list: readonly Issue[]): Promise<Set<string>> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const different = new Set<string>();
    const listed = new Map(list.map((issue) => [issue.metadata.name, issue]));
    for (const name of new Set([...listed.keys(), ...watcher.state.keys()])) {
      const [mine, theirs] = [watcher.state.get(name), listed.get(name)];
      // Not by text: a replica that read it from the database may have the labels in another order.
      if (!isDeepStrictEqual(mine, theirs)) {
        different.add((mine ?? theirs)?.spec.subject.name as string);
      }
    }
    if (different.size === 0 || performance.now() > deadline) return different;
    await sleep(20);
  }
}

/** A consistent list, as soon as the server can give one. */
export async function listOf(server: Server, namespace: string): Promise<Issue[]> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const answer = await server
      .get(issuesPath(namespace))
      .catch((error: unknown) => ({ status: 0, text: String(error) }));
    if (answer.status === 200) {
      return (JSON.parse(answer.text) as IssueList).items;
    }
    if (performance.now() > deadline) throw new Error(`${server.name} lists nothing: ${answer.status} ${answer.text}`);
    await sleep(50);
  }
}
