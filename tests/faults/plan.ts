import type { Finding, Report } from '../../crds/report.ts';
import { Random } from './random.ts';

/**
 * What the clients of one seed report. Subjects are of two kinds: one that is `owned` is reported by one client, each
 * time after the last was acknowledged, so that the whole history of its issues is known beforehand; a `contested` one is
 * reported by all clients at once and in any order, so that only its end is known.
 */
export interface Plan {
  readonly namespace: string;
  readonly owned: readonly Owned[];
  readonly contested: readonly (readonly Report[])[];
}

export interface Owned {
  readonly class: 'run' | 'received';
  /** In the order in which they are sent. */
  readonly reports: readonly Report[];
}

export interface PlanSize {
  readonly owned: number;
  readonly contested: number;
  /** Reports of each subject, at most. */
  readonly reports: number;
}

export const SOURCES = { run: 'faults-runs', received: 'faults-webhooks' } as const;
const KEYS = ['run', 'lint', 'scan'];

/** The same seed gives the same reports but for their times, which go on from `now` (ms). */
export function planOf(
  seed: number,
  { namespace, now, size }: { namespace: string; now: number; size: PlanSize },
): Plan {
  const random = new Random(seed);
  const subjects = new Subjects(random, namespace, now);
  return {
    namespace,
    owned: Array.from({ length: size.owned }, (_, index) => subjects.owned(index, random.between(1, size.reports))),
    contested: Array.from({ length: size.contested }, (_, index) => subjects.contested(index, size.reports)),
  };
}

class Subjects {
  readonly #random: Random;
  readonly #namespace: string;
  readonly #now: number;

  constructor(random: Random, namespace: string, now: number) {
    this.#random = random;
    this.#namespace = namespace;
    this.#now = now;
  }

  owned(index: number, count: number): Owned {
    const name = `owned-${index}`;
    const orderClass = this.#random.chance(0.6) ? 'run' : 'received';
    const reports = Array.from({ length: count }, (_, step): Report => {
      const order =
        orderClass === 'run'
          ? this.#run(name, step)
          : { class: 'received' as const, deliveryId: `${this.#namespace}-${name}-${step}` };
      return { ...this.#about(name, SOURCES[orderClass], step), order, body: this.#complete(name, step, ['run']) };
    });
    return { class: orderClass, reports };
  }

  /** All of one subject, in random order. */
  contested(index: number, count: number): Report[] {
    const name = `contested-${index}`;
    const reports = Array.from({ length: count }, (_, step): Report => {
      const body = this.#random.chance(0.6) ? this.#complete(name, step, KEYS) : this.#incremental(name, step);
      return { ...this.#about(name, SOURCES.run, step), order: this.#run(name, step), body };
    });
    return this.#random.shuffled(reports);
  }

  #about(name: string, source: string, step: number): Omit<Report, 'order' | 'body'> {
    const observed = {
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      name: `${name}-${step}`,
      uid: `${name}-${step}`,
    };
    const subject = { apiVersion: 'example.dev/v1', kind: 'Component', namespace: this.#namespace, name };
    return { source, namespace: this.#namespace, subject, observed };
  }

  /** A minute apart: no clock that jumps comes near. */
  #run(name: string, step: number): Report['order'] {
    const completedAt = new Date(this.#now - (1_000 - step) * 60_000).toISOString();
    return { class: 'run', completedAt, uid: `${name}-${step}`, detail: 0, epoch: 1, sequence: 1 };
  }

  #complete(name: string, step: number, keys: readonly string[]): Report['body'] {
    const found = keys.filter(() => this.#random.chance(0.65));
    return { complete: true, findings: found.map((key) => finding(key, `${name} ${key} failed at ${step}`)) };
  }

  #incremental(name: string, step: number): Report['body'] {
    const [first, second] = this.#random.shuffled(KEYS) as [string, string];
    const resolve = this.#random.chance(0.5) ? [second] : [];
    return { complete: false, findings: [finding(first, `${name} ${first} failed at ${step}`)], resolve };
  }
}

function finding(key: string, title: string): Finding {
  return { key, type: 'build', severity: 'major', reason: 'Failed', title };
}
