import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { logTail } from '../controlplane/child.ts';
import { kubeconfig } from '../controlplane/kubeconfig.ts';
import type { Installation } from '../e2e/installation.ts';
import { Random } from '../faults/random.ts';
import { ChaosCluster, pluralOf } from './cluster.ts';
import type { Memory } from './controllers-process.ts';
import { chooseFaults, type Fault, type World } from './faults.ts';
import { activeOf } from './model.ts';
import { type Change, KINDS, planOf } from './plan.ts';
import { ChaosProxy } from './proxy.ts';
import { type Rates, ratesOf } from './rate.ts';
import { Replicas } from './replicas.ts';

export interface SeedOptions {
  readonly seed: number;
  readonly changes: number;
  /** Faults, one after another, while the changes are made. */
  readonly faults: number;
  /** With slow faults, such as half-open connections, which take 70 s to find. */
  readonly isLong?: boolean;
  /** With watches that keep events to themselves: then the safety relist has to find them. */
  readonly lies?: boolean;
  /** Seconds. */
  readonly relistPeriod: number;
  /** Whether memory is compared over the second half, in which nothing kills the controllers. */
  readonly memory?: boolean;
}

export interface Outcome {
  /** What is wrong and the history that explains it; '' when nothing is. */
  readonly failure: string;
  /** What happened when. */
  readonly journal: readonly string[];
  readonly missed: number;
  readonly swallowed: number;
  readonly rates: Rates;
  readonly memory?: { readonly before: Memory; readonly after: Memory; readonly objects: number };
}

/** How long everything may take to come right after the last fault: 70 s of silence, 30 s of backoff, and some. */
const SETTLE_MS = 150_000;

/** Runs one seed. Everything that is random comes from it; only the machine's own timing does not. */
export async function runChaos(installation: Installation, options: SeedOptions): Promise<Outcome> {
  const run = new ChaosRun(installation, options);
  try {
    return await run.run();
  } finally {
    await run[Symbol.asyncDispose]();
  }
}

class ChaosRun implements AsyncDisposable {
  readonly #installation: Installation;
  readonly #options: SeedOptions;
  readonly #random: Random;
  readonly #cluster: ChaosCluster;
  readonly #closing = new AsyncDisposableStack();
  readonly #journal: string[] = [];
  readonly #starts: number[] = [];
  readonly #since = performance.now();
  readonly #plan: ReturnType<typeof planOf>;

  constructor(installation: Installation, options: SeedOptions) {
    this.#installation = installation;
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#plan = planOf(options.seed, options.changes);
    this.#cluster = this.#closing.use(new ChaosCluster(installation.plane));
  }

  async run(): Promise<Outcome> {
    const { seed, changes, faults: count, memory = false, isLong = false, lies = false } = this.#options;
    const world = await this.#begin();
    const half = memory ? Math.ceil(count / 2) : count;
    const choice = { isLong, lies };
    const first = this.#plan.changes.slice(0, Math.round((changes * half) / count));
    const failures: string[] = [];
    await this.#half(world, first, chooseFaults(this.#random, { ...choice, count: half, kills: true }));
    let before: Memory | undefined;
    let objects = this.#size();
    if (memory) {
      failures.push(...(await this.#settled(world)));
      before = await world.controllers.memory();
      const faults = chooseFaults(this.#random, { ...choice, count: count - half, kills: false });
      await this.#half(world, this.#plan.changes.slice(first.length), faults);
    }
    failures.push(...(await this.#settled(world)), ...(await this.#checked(world)));
    const after = before && (await world.controllers.memory());
    objects = this.#size() - objects;
    if (before && after) failures.push(...this.#grown(before, after, objects));
    const rates = ratesOf(world.proxy.requests, this.#starts);
    failures.push(...rates.faults);
    const { missed } = world.controllers;
    if (!lies && missed > 0) failures.push(`${missed} changes were found by a relist only`);
    return {
      failure: failures.length === 0 ? '' : await this.#account(seed, failures, world),
      journal: this.#journal,
      missed,
      swallowed: world.proxy.swallowed,
      rates,
      ...(before && after && { memory: { before, after, objects } }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closing.disposeAsync();
  }

  async #begin(): Promise<World> {
    const { seed, relistPeriod } = this.#options;
    const { plane, dir, server } = this.#installation;
    const proxy = this.#closing.use(await ChaosProxy.start(plane, new Random(seed * 7)));
    const token = await readFile(join(dir, 'controllers.token'), 'utf8');
    const file = join(dir, `chaos-${seed}.kubeconfig`);
    await writeFile(
      file,
      kubeconfig({ server: proxy.url, caPem: plane.caPem, user: 'controllers', credentials: { token } }),
    );
    await this.#cluster.makeNamespaces(this.#plan.namespaces);
    await this.#cluster.apply(this.#plan.assemblies);
    this.#starts.push(performance.now(), performance.now());
    const controllers = this.#closing.use(
      await Replicas.start({
        dir,
        name: `controllers-${seed}`,
        server: `https://127.0.0.1:${server.port}`,
        kubeconfig: file,
        relistPeriod: `${relistPeriod}s`,
      }),
    );
    return { plane, proxy, controllers };
  }

  /** Faults one after another, each with its share of the changes. */
  async #half(world: World, changes: readonly Change[], faults: readonly Fault[]): Promise<void> {
    const share = changes.length / faults.length;
    let open = Promise.withResolvers<void>();
    let allowed = share;
    const pace = async (index: number): Promise<void> => {
      while (index > allowed) await open.promise;
      await sleep(this.#random.between(0, 120));
    };
    const writing = this.#cluster.apply(changes, pace);
    // A failure to write ends the run at once, through `writing`.
    const injecting = (async () => {
      for (const fault of faults) {
        await this.#inject(world, fault);
        allowed += share;
        open.resolve();
        open = Promise.withResolvers();
      }
      allowed = Number.POSITIVE_INFINITY;
      open.resolve();
    })();
    await Promise.all([writing, injecting]);
  }

  async #inject(world: World, fault: Fault): Promise<void> {
    const { controllers } = world;
    if (controllers.ended) throw new Error(`the controllers ended by themselves: ${logTail(await controllers.log())}`);
    this.#say(fault.name);
    const { starts } = controllers;
    await fault.inject(world, this.#random, this.#options.isLong ? 4_000 : 1_200);
    if (controllers.starts > starts) this.#starts.push(performance.now());
  }

  /** Waits until the issues are the model's; what is still different when they never are. */
  async #settled({ controllers }: World): Promise<string[]> {
    this.#say('waiting for the issues');
    const expected = activeOf(this.#cluster);
    const deadline = performance.now() + SETTLE_MS;
    let wrong: string[] = [];
    do {
      await sleep(200);
      if (controllers.ended) return [`the controllers ended by themselves: ${controllers.ended}`];
      wrong = await this.#differences(expected).catch((error: unknown) => [String(error)]);
    } while (wrong.length > 0 && performance.now() < deadline);
    this.#say(wrong.length === 0 ? `${expected.size} issues are right` : `${wrong.length} issues are wrong`);
    return wrong.slice(0, 20);
  }

  /** After one more safety relist of every kind: nothing more was found, and the issues are the same. */
  async #checked({ proxy }: World): Promise<string[]> {
    const from = performance.now();
    const isChecked = (plural: string): boolean =>
      proxy.requests.some(({ at, path }) => at > from && path.includes(`/${plural}?`) && path.includes('Exact'));
    const open = () => KINDS.map(pluralOf).filter((plural) => !isChecked(plural));
    const deadline = from + 30_000 + this.#options.relistPeriod * 1_100;
    while (open().length > 0 && performance.now() < deadline) await sleep(100);
    await sleep(1_000);
    const late = open().map((plural) => `${plural} were not listed again within the period`);
    return [...late, ...(await this.#differences(activeOf(this.#cluster)))];
  }

  async #differences(expected: ReadonlyMap<string, string>): Promise<string[]> {
    const found = new Map<string, string>();
    for (const namespace of this.#plan.namespaces) {
      const issues = await this.#installation.issues(namespace);
      for (const { spec, status } of issues) {
        const { kind, name } = spec.subject;
        const key = `${namespace}/${kind}/${name}/${spec.key}`;
        if (status.state === 'Active') found.set(key, spec.title);
      }
    }
    return [...new Set([...expected.keys(), ...found.keys()])]
      .filter((key) => expected.get(key) !== found.get(key))
      .map((key) => `${key} is ${found.get(key) ?? 'not Active'} and should be ${expected.get(key) ?? 'healthy'}`);
  }

  #size(): number {
    return this.#cluster.objects.size + [...this.#cluster.tasks.values()].filter((task) => !task.isDeleted).length;
  }

  /** Beyond what more objects need, and what a heap is never exact about. */
  #grown(before: Memory, after: Memory, objects: number): string[] {
    const allowed = before.heapUsed * 1.15 + Math.max(0, objects) * 4_096 + 4 * 1_048_576;
    const failures: string[] = [];
    if (after.heapUsed > allowed) failures.push(`the heap grew from ${before.heapUsed} to ${after.heapUsed} bytes`);
    if (after.sockets > before.sockets + KINDS.length + 10)
      failures.push(`open sockets grew from ${before.sockets} to ${after.sockets}`);
    return failures;
  }

  #say(what: string): void {
    const seconds = ((performance.now() - this.#since) / 1_000).toFixed(1);
    this.#journal.push(`${seconds} s, ${this.#cluster.written} changes: ${what}`);
  }

  async #account(seed: number, failures: readonly string[], { controllers }: World): Promise<string> {
    return [
      `seed ${seed} (FAULTLINE_CHAOS_SEED=${seed} FAULTLINE_CHAOS_SEEDS=1):`,
      ...failures.slice(0, 30),
      ...this.#journal,
      logTail(await controllers.log(), 25),
    ].join('\n');
  }
}
