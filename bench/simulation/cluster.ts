import type { Random } from '../../tests/faults/random.ts';

/** A Konflux-like cluster by numbers: tenants of very different sizes, their components, and what happens to the code. */
export interface ClusterSize {
  readonly namespaces: number;
  /** Pipeline runs that end within the simulated time. */
  readonly runs: number;
  /** Of the simulated time. */
  readonly days: number;
}

export const MONTH: ClusterSize = { namespaces: 10_000, runs: 1_000_000, days: 30 };

/** A line of code that is built again and again: a branch, or a pull request. */
export interface Line {
  /** Undefined: the main branch. */
  readonly pullRequest?: number;
  /** Its newest commit does not build. */
  broken: boolean;
  /** Its newest commit builds, and its integration test does not pass. */
  untested: boolean;
}

export interface Component {
  readonly namespace: string;
  readonly name: string;
  /** Where its images are: what an outage of that registry hits. */
  readonly registry: number;
  readonly main: Line;
  readonly pullRequests: Line[];
  nextPullRequest: number;
}

export const REGISTRIES = 8;

/** Most tenants have a few components, some have dozens, one in a hundred has a whole product: about nine on average. */
const TENANTS = [
  { share: 0.6, from: 1, to: 3 },
  { share: 0.3, from: 4, to: 15 },
  { share: 0.09, from: 16, to: 60 },
  { share: 0.01, from: 60, to: 200 },
] as const;

/** The components of all tenants. The same for the same random numbers. */
export function componentsOf(namespaces: number, random: Random): Component[] {
  const components: Component[] = [];
  for (let tenant = 0; tenant < namespaces; tenant++) {
    const namespace = `tenant-${String(tenant).padStart(5, '0')}`;
    const registry = random.between(0, REGISTRIES - 1);
    const count = componentCount(random);
    for (let n = 0; n < count; n++) {
      const main = { broken: false, untested: false };
      components.push({ namespace, name: `service-${n}`, registry, main, pullRequests: [], nextPullRequest: 1 });
    }
  }
  return components;
}

function componentCount(random: Random): number {
  let left = random.next();
  for (const { share, from, to } of TENANTS) {
    if (left < share) return random.between(from, to);
    left -= share;
  }
  return 1;
}

/** A registry does not answer: nearly every build that needs it fails, whatever the code is like. */
export interface Outage {
  readonly registry: number;
  /** ms since the month began. */
  readonly from: number;
  readonly to: number;
}

const HOUR = 3_600_000;

/** One in three days or so, each for one to four hours. */
export function outagesOf(days: number, random: Random): Outage[] {
  return Array.from({ length: Math.max(1, Math.round(days / 3)) }, () => {
    const from = random.between(0, days * 24 - 1) * HOUR;
    return { registry: random.between(0, REGISTRIES - 1), from, to: from + random.between(1, 4) * HOUR };
  });
}
