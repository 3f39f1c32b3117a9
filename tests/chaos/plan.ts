import { Random } from '../faults/random.ts';

/** The kinds of chaos.example.com that the controllers watch. */
export const KINDS = ['Widget', 'Gauge', 'Task', 'Assembly', 'Part'] as const;
export type Kind = (typeof KINDS)[number];

export interface Place {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** One change of one object; those of one object happen in this order. */
export type Change = Place &
  (
    | { readonly act: 'put'; readonly spec: Readonly<Record<string, unknown>>; readonly owner?: string }
    | { readonly act: 'delete' }
    | { readonly act: 'complete'; readonly failed: boolean; readonly text: string; readonly skewMs: number }
    /** Some finished task of that line is deleted, never the newest: that one may not have been seen yet. */
    | { readonly act: 'prune'; readonly line: string }
  );

export interface Plan {
  readonly namespaces: readonly string[];
  /** Made before anything else: what parts belong to. */
  readonly assemblies: readonly Change[];
  readonly changes: readonly Change[];
}

/** Changes that a seed makes, always the same. */
export function planOf(seed: number, count: number): Plan {
  return new Planner(seed, count).plan();
}

/** How far the clocks of the machines that finish tasks are off, ms. */
const SKEW_MS = 20_000;

class Planner {
  readonly #random: Random;
  readonly #count: number;
  readonly #namespaces: string[];
  /** Objects of a kind in a namespace: few, so that each changes often. */
  readonly #width: number;
  readonly #pending: { namespace: string; name: string }[] = [];
  #tasks = 0;
  #texts = 0;

  constructor(seed: number, count: number) {
    this.#random = new Random(seed);
    this.#count = count;
    this.#namespaces = ['a', 'b', 'c'].map((name) => `chaos-${seed}-${name}`);
    this.#width = Math.max(5, Math.round(count / 120));
  }

  plan(): Plan {
    const assemblies = this.#namespaces.flatMap((namespace) =>
      Array.from({ length: this.#width }, (_, index): Change => {
        const place = { kind: 'Assembly', namespace, name: `assembly-${index}` } as const;
        return { ...place, act: 'put', spec: { text: this.#text() } };
      }),
    );
    const changes = Array.from({ length: this.#count }, () => this.#change());
    return { namespaces: this.#namespaces, assemblies, changes };
  }

  #change(): Change {
    const dice = this.#random.next();
    if (dice < 0.3) return this.#thing('Widget', () => ({ broken: this.#random.chance(0.5), text: this.#text() }));
    if (dice < 0.5) return this.#thing('Gauge', () => ({ broken: this.#some(['x', 'y', 'z']), text: this.#text() }));
    if (dice < 0.75) return this.#task();
    const { namespace, name } = this.#place('Assembly');
    if (dice < 0.8) return { kind: 'Assembly', namespace, name, act: 'put', spec: { text: this.#text() } };
    const part = { kind: 'Part', namespace, name: `${name}-part-${this.#random.between(0, 3)}` } as const;
    if (this.#random.chance(0.15)) return { ...part, act: 'delete' };
    return { ...part, act: 'put', owner: name, spec: { broken: this.#random.chance(0.4) } };
  }

  #thing(kind: Kind, spec: () => Record<string, unknown>): Change {
    const place = this.#place(kind);
    return this.#random.chance(0.15) ? { ...place, act: 'delete' } : { ...place, act: 'put', spec: spec() };
  }

  #task(): Change {
    const dice = this.#random.next();
    const pending = this.#pending.length;
    if (dice < 0.45 && pending > 0) {
      const [task] = this.#pending.splice(this.#random.between(0, pending - 1), 1) as [
        { namespace: string; name: string },
      ];
      const skewMs = this.#random.between(-SKEW_MS, SKEW_MS);
      const failed = this.#random.chance(0.5);
      return { kind: 'Task', ...task, act: 'complete', failed, text: this.#text(), skewMs };
    }
    const namespace = this.#random.pick(this.#namespaces);
    const line = `line-${this.#random.between(0, this.#width)}`;
    const task = { namespace, name: `task-${this.#tasks++}` };
    if (dice < 0.55) return { kind: 'Task', ...task, act: 'prune', line };
    this.#pending.push(task);
    return { kind: 'Task', ...task, act: 'put', spec: { line } };
  }

  #place(kind: Kind): Place {
    const name = `${kind.toLowerCase()}-${this.#random.between(0, this.#width - 1)}`;
    return { kind, namespace: this.#random.pick(this.#namespaces), name };
  }

  #some<T>(all: readonly T[]): T[] {
    return all.filter(() => this.#random.chance(0.4));
  }

  #text(): string {
    return `version ${this.#texts++}`;
  }
}
