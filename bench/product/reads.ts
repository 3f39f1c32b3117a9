import { API } from '../data/seed.ts';
import { cpuSeconds } from '../harness/cpu-time.ts';
import { type Figure, number } from '../harness/figure.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/statistics.ts';
import type { BenchContext } from '../scenario.ts';
import type { Environment } from './environment.ts';
import type { KubeClient } from './kube-client.ts';

export type Contestant = keyof typeof API;

/** A read that is measured through the aggregator, beside the CRD. */
export interface Query {
  readonly what: string;
  /** After `/apis/<group>/<version>`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Requests in one repetition; its value is their median. */
  readonly requests: number;
  /** How many times faster than the CRD. */
  readonly goal?: number;
}

const JSON_ONLY = { accept: 'application/json' };
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

const GZIP = { 'accept-encoding': 'gzip' };

/** What clients read, for one issue of some namespace. */
export function queriesFor({ namespace, name }: { namespace: string; name: string }): Query[] {
  const page = '/issues?limit=500';
  const own = `/namespaces/${namespace}/issues`;
  return [
    { what: 'all, JSON', path: '/issues', headers: JSON_ONLY, requests: 2, goal: 10 },
    { what: 'all, Table', path: '/issues', headers: TABLE, requests: 2, goal: 8 },
    { what: 'all, JSON, gzip', path: '/issues', headers: { ...JSON_ONLY, ...GZIP }, requests: 1 },
    { what: 'page of 500, Table', path: page, headers: TABLE, requests: 20, goal: 5 },
    // As kubectl asks for it, whose transport takes gzip.
    { what: 'page of 500, Table, gzip', path: page, headers: { ...TABLE, ...GZIP }, requests: 20 },
    { what: 'page of 500, JSON', path: page, headers: JSON_ONLY, requests: 10 },
    { what: 'one namespace, Table', path: own, headers: TABLE, requests: 30, goal: 3 },
    { what: 'one namespace, JSON', path: own, headers: JSON_ONLY, requests: 30 },
    { what: 'get one, JSON', path: `${own}/${name}`, headers: JSON_ONLY, requests: 100, goal: 1 },
  ];
}

/** One query, both sides in turn. The figure also says what it costs our server in CPU time. */
export async function compare(
  context: BenchContext,
  environment: Environment,
  client: KubeClient,
  { query, scenario, repetitions }: { query: Query; scenario: string; repetitions: number },
): Promise<Figure & { readonly ms: number }> {
  const items = await itemsOf(client, query, 'ours');
  const copies = await itemsOf(client, query, 'crd');
  if (items !== copies) throw new Error(`${query.what}: ${items} issues beside ${copies} objects of the CRD`);
  const bytes = { ours: 0, crd: 0 };
  const cpu: number[] = [];
  const contestant = (who: Contestant) => async (): Promise<number> => {
    const times: number[] = [];
    const before = await cpuSeconds(environment.serverPid);
    for (let request = 0; request < query.requests; request++) {
      const got = await client.time(`${API[who]}${query.path}`, query.headers);
      bytes[who] = got.bytes;
      times.push(got.ms);
    }
    if (who === 'ours') cpu.push(((await cpuSeconds(environment.serverPid)) - before) / query.requests);
    return median(times);
  };
  const times = await interleave(
    repetitions,
    { ours: contestant('ours'), crd: contestant('crd') },
    (name, repetition, ms) =>
      context.progress.note(`${scenario}: ${query.what}, ${name} ${repetition}: ${number(ms)} ms`),
  );
  const [ours, crd] = [median(times.ours), median(times.crd)];
  const { goal } = query;
  return {
    ms: ours,
    scenario,
    what: `${query.what}: ${number(items)} objects`,
    // The kernel counts CPU in ticks of 10 ms: a mean of all repetitions says more than one of them.
    measured: `${number(ours)} ms (${size(bytes.ours)}; server CPU ${number(mean(cpu) * 1_000)} ms)`,
    against: `CRD ${number(crd)} ms (${size(bytes.crd)})`,
    ratio: crd / ours,
    ...(goal === undefined ? {} : { goal: `≥ ${goal} ×`, met: crd / ours >= goal }),
  };
}

interface Body {
  readonly kind: string;
  readonly metadata?: { readonly remainingItemCount?: number };
  readonly items?: readonly unknown[];
  readonly rows?: readonly unknown[];
}

/**
 * How many objects the answer holds: items of a list, rows of a Table, 1 for an object. Of a list without a limit by what a
 * page of one says that remains: parsing 370 MB would take longer than measuring.
 */
async function itemsOf(client: KubeClient, { path, headers }: Query, who: Contestant): Promise<number> {
  const whole = path.endsWith('/issues');
  const asked = `${API[who]}${path}${whole ? '?limit=1' : ''}`;
  const { kind, metadata, items, rows } = await client.json<Body>('GET', asked, undefined, headers.accept);
  const here = items?.length ?? rows?.length ?? (kind === 'Issue' ? 1 : 0);
  return here + (whole ? (metadata?.remainingItemCount ?? 0) : 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function size(bytes: number): string {
  return bytes >= 1_000_000 ? `${number(bytes / 1_000_000)} MB` : `${number(bytes / 1_000)} kB`;
}
