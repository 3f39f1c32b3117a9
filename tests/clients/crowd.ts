import { join } from 'node:path';
import { CLIENTS, type Client, kubectlArgs } from './catalog.ts';
import { ClientProgram, type Follower, type Held } from './clients.ts';
import { KubectlFollower } from './kubectl-follower.ts';

/** Where assets.ts put what is not in this repository. */
export interface Programs {
  readonly go: string;
  readonly python: string;
}

type Command = Pick<ConstructorParameters<typeof ClientProgram>[0], 'command' | 'args' | 'env'>;

const nodeBinary = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'node');

/** All clients of the catalog at once: one process a program, one a kubectl. */
export class Crowd implements AsyncDisposable {
  readonly #followers: Follower[] = [];
  readonly #kubectls = new Map<string, KubectlFollower>();

  /** Starts them; `dir` gets their logs. */
  constructor(programs: Programs, kubeconfig: string, dir: string) {
    for (const [program, command] of Object.entries(commands(programs))) {
      const clients = CLIENTS.filter((client) => client.program === program);
      const logPath = join(dir, `${program}.log`);
      this.#followers.push(new ClientProgram({ ...command, kubeconfig, clients, logPath }));
    }
    for (const client of CLIENTS.filter(({ program }) => program === 'kubectl')) {
      const options = { name: client.name, version: client.kind, kubeconfig, args: kubectlArgs(client) };
      this.#kubectls.set(client.name, new KubectlFollower(options));
    }
  }

  /** What every client holds now. */
  async held(): Promise<Held> {
    const followers = [...this.#followers, ...this.#kubectls.values()];
    return Object.assign({}, ...(await Promise.all(followers.map((follower) => follower.held()))));
  }

  /** How often the kubectl of a client was started; undefined for other clients. */
  starts(client: string): number | undefined {
    return this.#kubectls.get(client)?.starts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const followers = [...this.#followers, ...this.#kubectls.values()];
    await Promise.all(followers.map((follower) => follower[Symbol.asyncDispose]()));
  }
}

function commands({ go, python }: Programs): Record<Exclude<Client['program'], 'kubectl'>, Command> {
  const script = (...path: string[]): string => join(import.meta.dirname, ...path);
  return {
    go: { command: go, args: [], env: { KUBE_FEATURE_WatchListClient: 'true' } },
    'go-without-watch-list': { command: go, args: [], env: { KUBE_FEATURE_WatchListClient: 'false' } },
    node: { command: nodeBinary, args: [script('node', 'clients.ts')], env: {} },
    python: { command: python, args: [script('python', 'clients.py')], env: {} },
  };
}
