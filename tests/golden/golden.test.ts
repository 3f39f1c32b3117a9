import { Agent } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../controlplane/certificates.ts';
import { differences } from './compare.ts';
import { CORPUS, type Row } from './corpus.ts';
import { DEVIATIONS } from './deviations.ts';
import { readGolden } from './golden-file.ts';
import { SAMPLES } from './issues.ts';
import { SERVED_GROUP, type Served, serveIssues } from './served.ts';
import { askAll, type Side, sideOf } from './sides.ts';

/**
 * The corpus of bad input without a control plane: this server, asked directly, against what a custom resource answered
 * when the golden file was recorded. tests/e2e/errors.e2e.test.ts asks both anew, through the aggregator.
 */
const golden = readGolden();
/** What kube-apiserver, or Go's HTTP server before it, answers by itself never reaches us. */
const asked = CORPUS.filter((row) => !isAnsweredBefore(row));

const agent = new Agent({ keepAlive: true });
let served: Served;
let side: Side;

beforeAll(async () => {
  const authority = await createAuthority('golden');
  const tls = await authority.issue({ commonName: 'faultline', usage: 'server', dnsNames: ['localhost'] });
  served = await serveIssues(tls, { waitLimit: 20 });
  const door = { port: served.port, ca: authority.certificatePem, servername: 'localhost', agent };
  const before = await sideOf(door, SERVED_GROUP);
  served.source.put(SAMPLES[0] as (typeof SAMPLES)[number]);
  side = await sideOf(door, SERVED_GROUP, before);
});

afterAll(async () => {
  agent.destroy();
  await served?.[Symbol.asyncDispose]();
});

describe('bad input, answered as a custom resource does', () => {
  it('L2 L10 L11 L12 L13 L14 F1 F2 F3 W4 W17 T3 T8 E1 E2 E3 E6 every row of the corpus', async () => {
    const answers = await askAll(side, asked, 96);
    expect(asked.length).toBeGreaterThan(1_000);
    expect(differences(asked, answers, side, golden)).toEqual([]);
    expect(served.logged.filter(({ level }) => level === 'error')).toEqual([]);
  }, 120_000);

  it('the golden file has exactly the rows of the corpus', () => {
    for (const row of CORPUS) expect(golden(row).status).toBeGreaterThanOrEqual(200);
  });

  it.each(DEVIATIONS)('a row needs that $why', (deviation) => {
    expect(CORPUS.some((row) => deviation.expected(golden(row), row) !== undefined)).toBe(true);
  });
});

function isAnsweredBefore(row: Row): boolean {
  const { status, headers } = golden(row);
  return status === 400 && (headers['content-type'] ?? '').startsWith('text/plain');
}
