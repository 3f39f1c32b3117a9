import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stripped, subjectOf } from '../../../tests/controllers/contract.ts';
import { loadObjects, readOver } from '../../../tests/recorded/read.ts';
import type { ControllerDefinition, Finding, ObjectLike, Observation } from '../../index.ts';
import deployment from '../deployment/index.ts';
import job from '../job/index.ts';
import pod from '../pod/index.ts';

/** What is asked of logs, and what becomes of the answer. */
async function look(
  { definition, options, now }: { definition: ControllerDefinition; options: unknown; now: number },
  folder: string,
  name: string,
): Promise<{ findings: readonly Finding[]; asked: string[] }> {
  const objects = stripped(definition, loadObjects(join(import.meta.dirname, '..', folder, 'fixtures')));
  const object = objects.find(({ kind, metadata }) => kind === definition.watches.kind && metadata.name === name);
  const asked: string[] = [];
  const read = readOver(object as ObjectLike, objects, now);
  read.logs = async (namespace, where, container) => {
    asked.push(`${namespace}/${where} ${container}`);
    return { lines: ['starting', 'panic: no such table'], cut: true };
  };
  const { findings } = (await definition.observe(object as ObjectLike, read, options)) as Observation;
  return { findings, asked };
}

const log = (where: string, container: string): object => ({
  pod: where,
  container,
  lines: ['starting', 'panic: no such table'],
  cut: true,
});

describe('evidence', () => {
  test('of a workload is of the Pod that says most: its conditions, exit code and the end of its log', async () => {
    const { findings, asked } = await look(subjectOf(deployment), 'deployment', 'payments');
    const crash = findings.find(({ reason }) => reason === 'CrashLoopBackOff');
    expect(crash?.evidence).toEqual({
      failing: { apiVersion: 'v1', kind: 'Pod', name: 'payments-6d4f-b7xkq' },
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'ContainersNotReady',
          lastTransitionTime: '2026-11-20T23:30:00.000Z',
        },
      ],
      step: 'app',
      exitCode: 1,
      log: log('payments-6d4f-b7xkq', 'app'),
    });
    expect(crash?.description).toBe(
      'missing environment variable DATABASE_URL\n\nPods: payments-6d4f-b7xkq, payments-6d4f-zzz9q',
    );
    // What never ran has no log.
    expect(asked).toEqual(['shop/payments-6d4f-b7xkq app']);
  });

  test('of a failed Job is of its Pod that failed last', async () => {
    const { findings } = await look(subjectOf(job), 'job', 'migrate');
    expect(findings[0]?.evidence).toMatchObject({
      failing: { name: 'migrate-x4k2p' },
      conditions: [{ type: 'Failed', reason: 'BackoffLimitExceeded' }],
      exitCode: 4,
      log: log('migrate-x4k2p', 'migrate'),
    });
  });

  test('of a Pod that failed for good is the container that did', async () => {
    const { findings, asked } = await look(subjectOf(pod), 'pod', 'one-shot-failed');
    expect(findings[0]?.evidence).toMatchObject({ step: 'script', exitCode: 3, log: log('one-shot-failed', 'script') });
    expect(asked).toEqual(['tools/one-shot-failed script']);
  });
});
