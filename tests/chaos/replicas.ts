import { type ControllersOptions, ControllersProcess, type Memory } from './controllers-process.ts';

/** Short, so that a Lease that nobody renews is taken over within seconds; client-go's proportions. */
const LEASE = [
  '--leader-elect=true',
  '--leader-elect-namespace=faultline-system',
  '--leader-elect-lease-duration=4s',
  '--leader-elect-renew-deadline=3s',
  '--leader-elect-retry-period=500ms',
];

/** Two replicas of the controllers, of which one leads by a Lease and the other follows with warm caches. */
export class Replicas implements AsyncDisposable {
  readonly #all: readonly ControllersProcess[];

  private constructor(all: readonly ControllersProcess[]) {
    this.#all = all;
  }

  static async start(options: ControllersOptions): Promise<Replicas> {
    const start = (name: string): Promise<ControllersProcess> =>
      ControllersProcess.start({ ...options, name: `${options.name}-${name}`, args: LEASE });
    const replicas = new Replicas(await Promise.all(['a', 'b'].map(start)));
    await replicas.ready();
    return replicas;
  }

  async ready(): Promise<void> {
    await Promise.all(this.#all.map((each) => each.ready()));
  }

  /** Who leads now; the first one when nobody does. */
  async leader(): Promise<ControllersProcess> {
    const leads = await Promise.all(
      this.#all.map((each) => each.metric('leader_election_master_status').catch(() => 0)),
    );
    return this.#all[Math.max(0, leads.indexOf(1))] as ControllersProcess;
  }

  /** Both: when the API server was away long enough, either may lead afterwards. */
  async skew(ms: number): Promise<void> {
    await Promise.all(this.#all.map((each) => each.skew(ms)));
  }

  /** Changes that only a relist found. */
  get missed(): number {
    return this.#sum((each) => each.missed);
  }

  get starts(): number {
    return this.#sum((each) => each.starts);
  }

  /** How one of them ended by itself. */
  get ended(): string | undefined {
    return this.#all.map((each) => each.ended).find((ended) => ended !== undefined);
  }

  /** Of both together: who leads needs more, and the lead may have changed. */
  async memory(): Promise<Memory> {
    const all = await Promise.all(this.#all.map((each) => each.memory()));
    const sum = (of: (memory: Memory) => number): number => all.reduce((total, memory) => total + of(memory), 0);
    return {
      heapUsed: sum((each) => each.heapUsed),
      external: sum((each) => each.external),
      sockets: sum((each) => each.sockets),
    };
  }

  async log(): Promise<string> {
    return (await Promise.all(this.#all.map((each) => each.log()))).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((each) => each[Symbol.asyncDispose]()));
  }

  #sum(of: (each: ControllersProcess) => number): number {
    return this.#all.reduce((total, each) => total + of(each), 0);
  }
}
