import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reportSchema } from '../../../crds/report.ts';
import { readOver } from '../../../tests/recorded/read.ts';
import type { ObjectLike, Observation, Verdict } from '../../index.ts';
import { httpURL } from '../../pipelines/links.ts';
import controller from './index.ts';
import { type Options, optionsSchema } from './options.ts';

const options = optionsSchema.validate({ consoleURL: 'https://console.example/{namespace}/{name}' }).value as Options;

const PAC = 'pac.test.appstudio.openshift.io/';
const passed = '{"result":"SUCCESS","failures":0}';

/** A run that uses every field that is read; it succeeded, and so did its tests. */
const healthy = {
  apiVersion: 'tekton.dev/v1beta1',
  kind: 'PipelineRun',
  metadata: {
    name: 'shop-smoke-4zq9c',
    generateName: 'shop-smoke-',
    namespace: 'shop',
    uid: 'u-1',
    creationTimestamp: '2026-11-20T10:00:00Z',
    labels: {
      'appstudio.openshift.io/application': 'shop',
      'appstudio.openshift.io/component': 'payments',
      'pipelines.appstudio.openshift.io/type': 'test',
      'test.appstudio.openshift.io/scenario': 'smoke',
      'tekton.dev/pipeline': 'shop-smoke-4zq9c',
      [`${PAC}event-type`]: 'pull_request',
      [`${PAC}pull-request`]: '18',
      [`${PAC}branch`]: 'main',
      [`${PAC}sha`]: '0123456789abcdef0123456789abcdef01234567',
      [`${PAC}sender`]: 'mona',
    },
    annotations: {
      [`${PAC}log-url`]: 'https://logs.example/1',
      [`${PAC}repo-url`]: 'https://git.example/org/payments',
      [`${PAC}sha-title`]: 'Fix rounding',
      [`${PAC}on-event`]: '[pull_request]',
    },
    ownerReferences: [{ apiVersion: 'appstudio.redhat.com/v1alpha1', kind: 'Component', name: 'payments', uid: 'c-1' }],
  },
  spec: {
    pipelineRef: { name: 'smoke', params: [{ name: 'name', value: 'x' }] },
    params: [{ name: 'releasePlan', value: 'a/b' }],
  },
  status: {
    completionTime: '2026-11-20T10:05:00Z',
    conditions: [
      { type: 'Succeeded', status: 'True', reason: 'Succeeded', lastTransitionTime: '2026-11-20T10:05:00Z' },
    ],
    childReferences: [{ kind: 'TaskRun', name: 'shop-smoke-4zq9c-verify', pipelineTaskName: 'verify' }],
    taskRuns: {
      'shop-smoke-4zq9c-verify': {
        pipelineTaskName: 'verify',
        status: {
          completionTime: '2026-11-20T10:04:00Z',
          conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded', message: 'ok' }],
          steps: [
            { name: 'test', container: 'step-test', terminated: { exitCode: 0, reason: 'Completed', message: 'm' } },
          ],
          taskResults: [{ name: 'TEST_OUTPUT', value: passed }],
        },
      },
    },
    pipelineResults: [{ name: 'TEST_OUTPUT', value: passed }],
  },
} as unknown as ObjectLike;

/** The same run, broken. */
const broken = structuredClone(healthy) as unknown as { status: { conditions: object[] } };
broken.status.conditions = [
  { type: 'Succeeded', status: 'False', reason: 'Failed', message: 'Tasks Completed: 1 (Failed: 1)' },
];

type Path = readonly (string | number)[];

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const below = Object.entries(value).flatMap(([key, part]) =>
    pathsOf(part, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return at.length === 0 ? below : [at, ...below];
}

function mutated(object: unknown, changes: readonly { path: Path; value: unknown }[]): ObjectLike {
  const copy = structuredClone(object);
  for (const { path, value } of changes) {
    let parent = copy as Record<string | number, unknown> | undefined;
    for (const key of path.slice(0, -1)) {
      const next = parent?.[key];
      parent = typeof next === 'object' && next !== null ? (next as Record<string | number, unknown>) : undefined;
    }
    const last = path.at(-1);
    if (parent === undefined || last === undefined) continue;
    if (value === REMOVED) delete parent[last];
    else parent[last] = value;
  }
  return copy as ObjectLike;
}

const REMOVED = Symbol('removed');
const nasty = fc.constantFrom<unknown>(
  REMOVED, null, '', ' ', 0, -1, Number.MAX_VALUE, true, [], {}, [[]], [null], '\u0000', '\u202eevil\u001b[31m', '\ud800', 'a/b/c',
  'x'.repeat(100_000), '9999-12-31T23:59:59Z', '0000-00-00T00:00:00Z', '__proto__', 'constructor', '{namespace}', 'https://\u0000',
); // biome-ignore format: a list
const change = (object: unknown) =>
  fc.record({ path: fc.constantFrom(...pathsOf(object)), value: fc.oneof(nasty, fc.jsonValue()) });

async function observed(object: ObjectLike): Promise<Verdict> {
  return controller.observe(object, readOver(object, [object]), options);
}

/** What is said must pass the API server's door, and nothing in it may be executed by a terminal. */
function accepted(verdict: Verdict): void {
  if ('undecided' in verdict) return;
  const { subject, observedAt, expiresAt, completedAt, createdAt, detail, findings } = verdict as Observation;
  const order = { class: 'run', uid: 'u', detail, epoch: 1, sequence: 1, completedAt, createdAt };
  const report = {
    source: 's',
    namespace: 'shop',
    subject,
    order,
    observedAt,
    expiresAt,
    body: { complete: true, findings },
  };
  expect(reportSchema.validate(report).error).toBeUndefined();
  for (const { title, description = '', links = [] } of findings) {
    expect(title.length).toBeLessThanOrEqual(200);
    expect(Buffer.byteLength(description)).toBeLessThanOrEqual(8_192);
    expect(links.length).toBeLessThanOrEqual(20);
    const shown = [title, description.replaceAll('\n', ' '), ...links.map((link) => link.title)].join(' ');
    expect(shown).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
  }
}

const succeededAt = (object: ObjectLike): unknown =>
  (object as unknown as typeof broken).status?.conditions?.find?.(
    (one) => (one as { type?: unknown })?.type === 'Succeeded',
  );

describe('objects of which nothing is certain', () => {
  test('the two runs that are mutated below are read as meant', async () => {
    expect(await observed(healthy)).toMatchObject({ findings: [] });
    expect(await observed(broken as unknown as ObjectLike)).toMatchObject({ findings: [{ reason: 'TaskRunFailed' }] });
  });

  test('never throw, and what is said about them is well-formed and the same each time', async () => {
    const object = fc.oneof(fc.constant<unknown>(healthy), fc.constant<unknown>(broken));
    const mutation = object.chain((one) =>
      fc.array(change(one), { minLength: 1, maxLength: 6 }).map((list) => mutated(one, list)),
    );
    await fc.assert(
      fc.asyncProperty(mutation, async (run) => {
        const verdict = await observed(run);
        accepted(verdict);
        expect(await observed(structuredClone(run))).toEqual(verdict);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a run that is not known to have failed is never an issue, unless a test result says so', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change(healthy), { minLength: 1, maxLength: 4 }), async (list) => {
        const run = mutated(healthy, list);
        const verdict = await observed(run);
        if ('undecided' in verdict) return;
        const condition = succeededAt(run) as { status?: unknown } | undefined;
        if (condition?.status === 'False') return;
        const touched = list.some(
          ({ path }) =>
            path.some((key) => /^(taskRuns|pipelineResults|labels)$/.test(String(key))) || path.length === 1,
        );
        if (!touched) expect((verdict as Observation).findings).toEqual([]);
        for (const { reason } of (verdict as Observation).findings) expect(reason).toMatch(/^Test/);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a build that is not known to have failed is never an issue, whatever else is broken', async () => {
    const build = mutated(healthy, [
      { path: ['metadata', 'labels', 'pipelines.appstudio.openshift.io/type'], value: 'build' },
    ]);
    const paths = pathsOf(build).filter((path) => !path.includes('conditions') || path.includes('taskRuns'));
    const any = fc.record({
      path: fc.constantFrom(
        ...paths.filter(
          (path) =>
            path.at(-1) !== 'pipelines.appstudio.openshift.io/type' &&
            path.at(-1) !== 'labels' &&
            path.at(-1) !== 'metadata',
        ),
      ),
      value: fc.oneof(nasty, fc.jsonValue()),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(any, { minLength: 1, maxLength: 8 }), async (list) => {
        const verdict = await observed(mutated(build, list));
        if (!('undecided' in verdict)) expect((verdict as Observation).findings).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a cancelled run says nothing, whatever else is broken', async () => {
    const cancelled = mutated(broken, [{ path: ['status', 'conditions', 0, 'reason'], value: 'Cancelled' }]);
    const paths = pathsOf(cancelled).filter((path) => path[0] !== 'status' || path[1] === 'taskRuns');
    const any = fc.record({ path: fc.constantFrom(...paths), value: fc.oneof(nasty, fc.jsonValue()) });
    await fc.assert(
      fc.asyncProperty(fc.array(any, { maxLength: 6 }), async (list) => {
        const run = mutated(cancelled, list);
        if (succeededAt(run) !== undefined)
          expect(await observed(run)).toMatchObject({ undecided: 'Cancelled', final: true });
      }),
      { numRuns: 300 },
    );
  });

  test('annotations of a megabyte, messages of a megabyte and 10,000 failed tasks fit into one issue', async () => {
    const huge = '\u202e<\u001b[2J>ä'.repeat(150_000);
    const conditions = [{ type: 'Succeeded', status: 'False', reason: 'Failed', message: huge }];
    const taskRuns = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [
        `task-${index}`,
        {
          pipelineTaskName: `task-${index}`,
          status: { conditions, completionTime: `2026-11-20T10:${10 + (index % 50)}:00Z` },
        },
      ]),
    );
    const annotations = Object.fromEntries([
      ...['log-url', 'sha-url', 'repo-url', 'sha-title', 'source-branch'].map((key) => [
        PAC + key,
        `https://x.example/${huge}`,
      ]),
      ...Array.from({ length: 10_000 }, (_, index) => [`link.example/${index}`, `https://x.example/${index}`]),
    ]);
    const run = mutated(broken, [
      { path: ['status', 'conditions'], value: conditions },
      { path: ['status', 'taskRuns'], value: taskRuns },
      { path: ['metadata', 'annotations'], value: annotations },
    ]);
    const verdict = await observed(run);
    accepted(verdict);
    expect((verdict as Observation).findings[0]?.description).toContain('- and 9990 more');
  });

  test('every URL that is kept is one by RFC 3986, and shows no password', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl({ withFragments: true, withQueryParameters: true }),
          fc.string().map((end) => `https://u:p@x.example/${end}`),
        ),
        (url) => {
          const kept = httpURL(url);
          if (kept === undefined) return;
          expect(kept).not.toContain('u:p@');
          const link = { rel: 'log', title: 'Log', url: kept };
          const finding = { key: 'k', type: 't', severity: 'info', reason: 'R', title: 't', links: [link] };
          accepted({ subject: { apiVersion: 'v1', kind: 'X', name: 'x' }, detail: 0, findings: [finding as never] });
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
