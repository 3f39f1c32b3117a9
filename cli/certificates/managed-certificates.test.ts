import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServingCertificate } from '../../apiserver/server.ts';
import { DAY_MS } from '../pki/validity.ts';
import { openManagedCertificates } from './managed-certificates.ts';
import { OVERLAP_MS, timeLeft } from './next-step.ts';
import { countOf, FakeCertificateCluster, isBelieved } from './testing/fake-certificate-cluster.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const HOST = 'faultline.faultline-system.svc';
const HOUR_MS = 3_600_000;

let cluster: FakeCertificateCluster;
let clock: VirtualClock;
let ending: AbortController;
beforeEach(() => {
  cluster = new FakeCertificateCluster();
  clock = new VirtualClock(Date.UTC(2026, 10, 21));
  ending = new AbortController();
});
afterEach(() => ending.abort());

interface Replica {
  serving: ServingCertificate | undefined;
  readonly steps: string[];
  readonly faults: string[];
}

/** Begins a replica; resolves when it serves. */
async function start(): Promise<Replica> {
  const replica: Replica = { serving: undefined, steps: [], faults: [] };
  await openManagedCertificates({
    ...{ cluster, clock, names: [HOST, 'localhost'], signal: ending.signal },
    onChange: (certificate) => {
      replica.serving = certificate;
    },
    onStep: (step, why) => replica.steps.push(`${step}: ${why}`),
    onFault: (message) => replica.faults.push(message),
  });
  return replica;
}

/** Whether the aggregator takes what this replica serves. */
function believed({ serving }: Replica): boolean {
  return serving !== undefined && isBelieved(serving, cluster.caBundle ?? '', HOST, clock.now());
}

describe('the first start', () => {
  it('makes a certificate, shares it in a TLS Secret and lets the aggregator trust it', async () => {
    const replica = await start();
    expect(believed(replica)).toBe(true);
    expect(replica.steps).toEqual(['begin: there was none', 'published: the caBundle was another']);
    expect(Object.keys(cluster.data ?? {}).filter((key) => cluster.data?.[key])).toEqual([
      'ca.crt',
      'tls.crt',
      'tls.key',
    ]);
    expect(cluster.data?.['ca.crt']).toBe(cluster.caBundle);
  });

  it('gives a certificate that a clock half an hour behind believes, too', async () => {
    const { serving } = await start();
    expect(isBelieved(serving as ServingCertificate, cluster.caBundle ?? '', HOST, clock.now() - HOUR_MS / 2)).toBe(
      true,
    );
  });

  it('of several replicas at once ends in one certificate that all serve', async () => {
    const replicas = await Promise.all([start(), start(), start()]);
    expect(new Set(replicas.map(({ serving }) => serving?.cert)).size).toBe(1);
    expect(replicas.flatMap(({ steps }) => steps.filter((step) => step.startsWith('begin')))).toHaveLength(1);
    expect(replicas.every(believed)).toBe(true);
  });

  it('before the API is registered serves, and is trusted as soon as it is', async () => {
    cluster.caBundle = undefined;
    const replica = await start();
    expect(replica.serving).toBeDefined();
    cluster.caBundle = '';
    await clock.advance(5_000);
    expect(believed(replica)).toBe(true);
  });

  it('waits for a cluster that is away, and tells each cause once', async () => {
    cluster.before = () => {
      if (clock.now() < Date.UTC(2026, 10, 21, 0, 1)) throw new Error('connection refused');
    };
    const starting = start();
    await clock.waiting(1);
    await clock.advance(30_000);
    await clock.advance(30_000);
    const replica = await starting;
    expect(replica.faults).toEqual(['connection refused']);
    expect(believed(replica)).toBe(true);
  });
});

describe('a rotation', () => {
  /** Until the certificate that is served is a later one; what was seen on the way. */
  async function untilRenewed(replicas: readonly Replica[]): Promise<{ overlapMs: number; doubted: number }> {
    const before = replicas[0]?.serving?.cert;
    let [doubled, doubted] = [Number.POSITIVE_INFINITY, 0];
    for (let looks = 0; replicas.some(({ serving }) => serving?.cert === before); looks++) {
      expect(looks).toBeLessThan(100);
      await clock.advance(5 * 60_000);
      doubted += replicas.filter((replica) => !believed(replica)).length;
      if (countOf(cluster.caBundle) === 2) doubled = Math.min(doubled, clock.now());
    }
    return { overlapMs: clock.now() - doubled, doubted };
  }

  it('begins a month before the end, and old and new authority are trusted for an hour before it is served', async () => {
    const replicas = [await start(), await start()];
    const began = clock.now();
    await clock.advance(60 * DAY_MS - HOUR_MS);
    const { overlapMs, doubted } = await untilRenewed(replicas);
    expect(doubted).toBe(0);
    expect(Math.round((clock.now() - began) / DAY_MS)).toBe(60);
    expect(overlapMs).toBeGreaterThanOrEqual(OVERLAP_MS - 5 * 60_000);
    expect(replicas.flatMap(({ steps }) => steps).filter((step) => step.startsWith('useNext'))).toHaveLength(1);
    expect(replicas.every(believed)).toBe(true);
  });

  it('of a certificate that ends tomorrow begins at once', async () => {
    const replica = await start();
    ending.abort();
    // Nobody was there for 89 days.
    await clock.advance(89 * DAY_MS);
    ending = new AbortController();
    const later = await start();
    expect(later.serving?.cert).toBe(replica.serving?.cert);
    expect(later.steps).toEqual([
      'prepare: the one that is served ends at 2027-02-19T00:00:00.000Z',
      'published: the caBundle was another',
    ]);
    await clock.advance(OVERLAP_MS + 5_000);
    expect(later.steps.at(-1)).toBe('useNext: its authority is trusted');
    expect(timeLeft(later.serving as ServingCertificate, clock.now())).toBeGreaterThan(80 * DAY_MS);
    expect(believed(later)).toBe(true);
  });

  it('of one that expired while nobody was there is done before anything is served', async () => {
    const replica = await start();
    ending.abort();
    await clock.advance(100 * DAY_MS);
    ending = new AbortController();
    const later = await start();
    expect(later.steps[0]).toBe('begin: it expired');
    expect(later.serving?.cert).not.toBe(replica.serving?.cert);
    expect(believed(later)).toBe(true);
  });

  it('does not serve what is not trusted, whoever keeps the caBundle as it was', async () => {
    const replica = await start();
    const [before, first] = [cluster.caBundle ?? '', replica.serving?.cert];
    cluster.before = (request) => {
      if (request === 'writeTrust') throw new Error('not allowed');
    };
    await clock.advance(75 * DAY_MS);
    expect(cluster.data?.['next.crt']).toBeTruthy();
    expect(cluster.caBundle).toBe(before);
    expect(replica.serving?.cert).toBe(first);
    expect(replica.faults).toEqual(['not allowed']);
    cluster.before = () => {};
    await clock.advance(OVERLAP_MS);
    expect(replica.serving?.cert).not.toBe(first);
    expect(believed(replica)).toBe(true);
  });

  it('never lets a replica serve what the aggregator does not believe, in whatever order replicas look and fail', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 0, max: 99 })), async (chance) => {
        cluster = new FakeCertificateCluster();
        clock = new VirtualClock(Date.UTC(2026, 10, 21));
        ending = new AbortController();
        const next = (): number => chance.next().value as number;
        const replicas = await Promise.all([start(), start(), start()]);
        cluster.before = async () => {
          for (let turns = next() % 4; turns > 0; turns--) await Promise.resolve();
          if (next() < 20) throw new Error('a request that fails');
        };
        for (let halfDays = 0; halfDays < 2 * 130; halfDays++) {
          // Near a rotation every look counts.
          await clock.advance(halfDays % 120 > 116 ? 5_000 : DAY_MS / 2);
          for (const replica of replicas) expect(believed(replica)).toBe(true);
        }
        const renewed = replicas.flatMap(({ steps }) => steps).filter((step) => step.startsWith('useNext')).length;
        expect(renewed).toBeGreaterThanOrEqual(2);
        ending.abort();
      }),
      { numRuns: 2 },
    );
  });
});

describe('what somebody broke', () => {
  it('is mended within a look: another caBundle, with the name of who set it', async () => {
    const replica = await start();
    cluster.breakTrust('wrong', 'kubectl-edit');
    await clock.advance(5_000);
    expect(believed(replica)).toBe(true);
    expect(replica.steps.at(-1)).toBe('published: kubectl-edit had set another caBundle');
  });

  it('is mended within a look: an APIService that was deleted and registered again', async () => {
    const replica = await start();
    cluster.caBundle = undefined;
    await clock.advance(60_000);
    cluster.caBundle = '';
    await clock.advance(5_000);
    expect(believed(replica)).toBe(true);
  });

  it.each([
    ['deleted', undefined, 'there was none'],
    ['emptied', {}, 'there was none'],
    ['damaged', { 'ca.crt': 'x', 'tls.crt': 'y', 'tls.key': 'z' }, 'it cannot be read'],
  ])('is mended within a look: a Secret that was %s', async (_, data, why) => {
    const replicas = [await start(), await start()];
    cluster.data = data;
    await clock.advance(5_000);
    expect(replicas.flatMap(({ steps }) => steps)).toContain(`begin: ${why}`);
    expect(replicas.every(believed)).toBe(true);
  });

  it('is mended within a look: a certificate for another Service', async () => {
    const replica = await start();
    ending.abort();
    ending = new AbortController();
    const steps: string[] = [];
    let serving = '';
    await openManagedCertificates({
      ...{ cluster, clock, names: ['other.faultline-system.svc'], signal: ending.signal },
      onChange: ({ cert }) => {
        serving = cert;
      },
      onStep: (step, why) => steps.push(`${step}: ${why}`),
      onFault: () => {},
    });
    expect(steps[0]).toBe('begin: it is not for other.faultline-system.svc');
    expect(serving).not.toBe(replica.serving?.cert);
  });
});

it('the key of an authority is nowhere, and each authority signs one certificate', async () => {
  await start();
  await clock.advance(150 * DAY_MS);
  const keys = Object.keys(cluster.data ?? {}).filter((key) => cluster.data?.[key]?.includes('PRIVATE KEY'));
  expect(keys).toEqual(['tls.key']);
  expect(new X509Certificate(cluster.data?.['tls.crt'] ?? '').ca).toBe(false);
  expect(countOf(cluster.data?.['ca.crt'])).toBe(2);
});
