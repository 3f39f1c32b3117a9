import { Random } from '../../tests/faults/random.ts';
import { type ClusterSize, type Component, componentsOf, type Line, type Outage, outagesOf } from './cluster.ts';

/** One pipeline run that ends: what the generator decided about it, before anybody looked. */
export interface SimulatedRun {
  /** From 0, in the order in which they end. */
  readonly index: number;
  readonly component: Component;
  /** Undefined: a push to the main branch. */
  readonly pullRequest: number | undefined;
  readonly type: 'build' | 'test';
  readonly result: 'succeeded' | 'failed' | 'cancelled';
  /** Why it failed: the code, or what it runs on. */
  readonly cause: 'code' | 'outage' | undefined;
  readonly tasks: number;
  /** ms since 1970, whole seconds as Tekton writes them. */
  readonly startedAt: number;
  readonly completedAt: number;
}

export interface SimulatedHour {
  /** ms since 1970, when it is over. */
  readonly endsAt: number;
  /** In the order in which they end. */
  readonly runs: readonly SimulatedRun[];
}

/** A Sunday, so that weeks begin with a quiet day. */
export const BEGIN = Date.UTC(2026, 2, 1);
const HOUR = 3_600_000;

/**
 * A month of a cluster, hour by hour: the same for the same size and seed. Episodes begin with a commit that breaks a
 * line of code and last until one repairs it; outages hit everybody behind a registry at once, and are tried again.
 */
export function* month(size: ClusterSize, seed: number): Generator<SimulatedHour> {
  const random = new Random(seed);
  const cluster = { components: componentsOf(size.namespaces, random), outages: outagesOf(size.days, random) };
  const commits = new Commits(cluster.components, random);
  const weights = Array.from({ length: size.days * 24 }, (_, hour) => weightOf(hour));
  const total = weights.reduce((sum, weight) => sum + weight);
  let passed = 0;
  for (const [hour, weight] of weights.entries()) {
    const from = BEGIN + hour * HOUR;
    passed += weight;
    const wanted = Math.round((size.runs * passed) / total) - commits.count;
    const seconds = Array.from({ length: wanted }, () => random.between(0, 3_599)).sort((a, b) => a - b);
    const outage = cluster.outages.find((one) => BEGIN + one.from <= from && from < BEGIN + one.to);
    const runs = seconds.map((second) => commits.next(from + second * 1_000, outage));
    yield { endsAt: from + HOUR, runs: runs.sort((a, b) => a.completedAt - b.completedAt) };
  }
}

/** Working hours are busy, nights quiet, weekends quieter. */
function weightOf(hour: number): number {
  const [day, ofDay] = [Math.floor(hour / 24) % 7, hour % 24];
  const busy = ofDay >= 7 && ofDay < 19 ? 5 : 1;
  return day === 0 || day === 6 ? busy / 4 : busy;
}

const MAX_OPEN = 5;

class Commits {
  count = 0;
  readonly #components: readonly Component[];
  readonly #random: Random;
  readonly #lastEnd = new Map<Line, number>();
  /** Builds that succeeded and whose integration tests run next. */
  readonly #tests: { readonly component: Component; readonly line: Line }[] = [];

  constructor(components: readonly Component[], random: Random) {
    this.#components = components;
    this.#random = random;
  }

  next(at: number, outage: Outage | undefined): SimulatedRun {
    const random = this.#random;
    const test = random.chance(0.5) ? this.#tests.shift() : undefined;
    const component = test?.component ?? this.#component(outage);
    const line = test?.line ?? this.#line(component);
    const hit = outage?.registry === component.registry && random.chance(0.9);
    const cancelled = random.chance(0.03);
    const bad = cancelled ? false : test ? this.#tested(line) : this.#built(line);
    const result = cancelled ? 'cancelled' : bad || hit ? 'failed' : 'succeeded';
    if (!cancelled && !test) this.#after(component, line, result);
    // One after the other: of two that end in the same second, names would decide which is newer.
    const completedAt = Math.max(at, (this.#lastEnd.get(line) ?? 0) + 1_000);
    this.#lastEnd.set(line, completedAt);
    return {
      ...{ index: this.count++, component, pullRequest: line.pullRequest, type: test ? 'test' : 'build', result },
      ...{ cause: result !== 'failed' ? undefined : hit ? 'outage' : 'code', tasks: random.between(4, 12) },
      ...{ startedAt: completedAt - random.between(120, 2_400) * 1_000, completedAt },
    };
  }

  /** Some tenants are far busier than others. During an outage what it hits is tried again and again. */
  #component(outage: Outage | undefined): Component {
    const random = this.#random;
    const pick = (): Component => {
      const place = Math.floor(random.next() ** 1.5 * this.#components.length);
      return this.#components[place] as Component;
    };
    let component = pick();
    const retried = outage !== undefined && random.chance(0.4);
    for (let tries = 0; retried && component.registry !== outage.registry && tries < 50; tries++) component = pick();
    return component;
  }

  #line(component: Component): Line {
    const random = this.#random;
    const { main, pullRequests } = component;
    if (random.chance(0.35)) return main;
    if (pullRequests.length > 0 && (pullRequests.length >= MAX_OPEN || random.chance(0.6))) {
      return random.pick(pullRequests);
    }
    const line = { pullRequest: component.nextPullRequest++, broken: false, untested: false };
    pullRequests.push(line);
    return line;
  }

  #built(line: Line): boolean {
    const [breaks, heals] = line.pullRequest === undefined ? [0.06, 0.4] : [0.25, 0.5];
    line.broken = line.broken ? !this.#random.chance(heals) : this.#random.chance(breaks);
    return line.broken;
  }

  #tested(line: Line): boolean {
    line.untested = this.#random.chance(line.untested ? 0.5 : 0.1);
    return line.untested;
  }

  /** A good build is tested, and a pull request is merged some day; some bad ones are given up and never run again. */
  #after(component: Component, line: Line, result: SimulatedRun['result']): void {
    const random = this.#random;
    const tested = result === 'succeeded' && random.chance(0.5);
    if (tested) this.#tests.push({ component, line });
    if (line.pullRequest === undefined || !random.chance(result === 'succeeded' && !tested ? 0.5 : 0.05)) return;
    component.pullRequests.splice(component.pullRequests.indexOf(line), 1);
    this.#lastEnd.delete(line);
  }
}
