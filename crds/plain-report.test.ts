import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPlainReport as isPlain } from './plain-report.ts';
import { type Report, reportSchema } from './report.ts';

const accepted = (report: unknown): boolean =>
  reportSchema.validate(report, { abortEarly: false, convert: false }).error === undefined;

const subject = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'cart', aspect: 'pr/18' };
const finding = {
  key: 'run',
  type: 'build',
  severity: 'major',
  reason: 'TaskRunFailed',
  title: 'The build fails',
  description: 'exit code 1',
  links: [{ rel: 'log', title: 'Log', url: 'https://console.example.com:8443/ns/shop?task=build&step=1#end' }],
  labels: { 'faultline.dev/component': 'cart', application: '' },
  group: 'CVE-2026-1234',
  dueAt: '2026-12-01T00:00:00Z',
  remediation: { text: 'Build it again', url: 'https://docs.example.com/builds?of=shop%2Fcart' },
  evidence: {
    failing: { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'cart-x7k2p-build' },
    conditions: [{ type: 'Succeeded', status: 'False', reason: 'Failed', message: 'exit 1', lastTransitionTime: '' }],
    step: 'build',
    exitCode: 1,
    log: { pod: 'cart-x7k2p-build-pod', container: 'step-build', lines: ['npm ERR!', ''], cut: true },
  },
};
const observed = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'cart-x7k2p', uid: '' };
const run = { class: 'run', completedAt: '2026-11-21T07:33:45.123+01:00', uid: 'u', detail: 3, epoch: 1, sequence: 2 };
const common = { source: 'tekton-pipelinerun', namespace: 'shop', subject, crossNamespaceText: true };

const PLAIN: readonly (readonly [string, unknown])[] = [
  ['a run with a finding', { ...common, order: run, observed, body: { complete: true, findings: [finding] } }],
  ['a healthy state', { ...common, order: { class: 'state', epoch: 1, sequence: 2 }, body: { complete: true, findings: [] } }],
  [
    'an incremental delivery',
    {
      ...common,
      order: { class: 'received', deliveryId: 'd' },
      observedAt: '2026-11-21T07:33:45Z',
      expiresAt: '2026-12-21T07:33:45Z',
      body: { complete: false, findings: [finding], resolve: ['a', 'b'] },
    },
  ],
  ['a deletion', { ...common, order: { class: 'state', epoch: 1, sequence: 2 }, body: { deleted: 'subject' } }],
]; // biome-ignore format: a table

test.each(PLAIN)('%s passes without the schema', (_, report) => {
  expect(isPlain(report)).toBe(true);
  expect(accepted(report)).toBe(true);
});

/** Where the JSON Schema that Joi exports is more generous than Joi. */
const REFUSED: readonly (readonly [string, (report: Report) => unknown])[] = [
  ['a day that does not exist', (report) => ({ ...report, observedAt: '2026-02-30T00:00:00Z' })],
  ['a time without a zone', (report) => ({ ...report, expiresAt: '2026-02-20T00:00:00' })],
  ['a number that is not exact', (report) => ({ ...report, order: { ...run, sequence: 2 ** 53 } })],
  ['a run without its members', (report) => ({ ...report, order: { class: 'run' } })],
  ['a class nobody knows', (report) => ({ ...report, order: { class: 'event' } })],
  ['a script as a link', (report) => withFinding(report, { links: [{ rel: 'log', title: 'x', url: 'javascript:alert(1)' }] })],
  ['a label key that is none', (report) => withFinding(report, { labels: { 'a b': 'c' } })],
  ['a title of too many UTF-16 units', (report) => withFinding(report, { title: '😀'.repeat(5_001) })],
  ['resolve in a complete look', (report) => ({ ...report, body: { complete: true, findings: [], resolve: [] } })],
  ['a deletion with findings', (report) => ({ ...report, body: { deleted: 'object', findings: [] } })],
  ['evidence without lines', (report) => withFinding(report, { evidence: { log: { pod: 'a' } } })],
  ['a key twice in resolve', (report) => ({ ...report, body: { complete: false, findings: [], resolve: ['a', 'a'] } })],
  ['a finding that is none', (report) => ({ ...report, body: { complete: true, findings: new Array(1) } })],
  ['a name with a newline', (report) => ({ ...report, subject: { ...subject, name: 'a\n' } })],
  ['an empty name', (report) => ({ ...report, subject: { ...subject, name: '' } })],
  ['a word nobody knows', (report) => ({ ...report, comment: 'x' })],
  ['a complete look without findings', (report) => ({ ...report, body: { complete: true } })],
]; // biome-ignore format: a table

test.each(REFUSED)('%s is left to the schema, which refuses it', (_, change) => {
  const report = change(PLAIN[0]?.[1] as Report);
  expect(isPlain(report)).toBe(false);
  expect(accepted(report)).toBe(false);
});

test('nothing passes that the schema refuses', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...PLAIN.map(([, report]) => report)),
      fc.array(mutation(), { maxLength: 4 }),
      (report, mutations) => {
        const mutated = mutations.reduce((value, change) => change(value), structuredClone(report));
        fc.pre(isPlain(mutated));
        expect(accepted(mutated)).toBe(true);
      },
    ),
    { numRuns: 2_000, maxSkipsPerRun: 1_000 },
  );
});

function withFinding(report: Report, change: object): unknown {
  return { ...report, body: { complete: true, findings: [{ ...finding, ...change }] } };
}

type Mutation = (value: unknown) => unknown;

/** Changes, adds or takes away one member somewhere in a value. */
function mutation(): fc.Arbitrary<Mutation> {
  const values = fc.oneof(
    fc.constantFrom<unknown>(null, '', 0, -1, 1.5, 2 ** 53, true, false, [], {}, 'run', 'state', 'x'.repeat(254)),
    fc.constantFrom<unknown>('2026-11-21T07:33:45Z', '2026-02-30T07:33:45Z', '2026-11-21', 'https://a', 'http://a/b c'),
    fc.constantFrom<unknown>(
      'ftp://a',
      'https://ä.example',
      'https://a:99999/',
      'https://[::1]/',
      'http://a//b',
      'http://-a',
    ),
    fc.string({ unit: 'binary', maxLength: 70 }),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.integer(),
    fc.constantFrom<unknown>([finding, finding], [{ ...finding, severity: 'high' }], ['a', 'a'], [''], { a: 'b' }),
  );
  return fc
    .record({
      at: fc.array(fc.nat(30), { minLength: 1, maxLength: 5 }),
      value: values,
      name: fc.option(names()),
      remove: fc.boolean(),
    })
    .map(
      ({ at, value, name, remove }) =>
        (target) =>
          mutate(target, at, { value, name, remove }),
    );
}

function names(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(
      'completedAt',
      'observedAt',
      'resolve',
      'deleted',
      'complete',
      '__proto__',
      'labels',
      'a/b',
      'A',
      '',
    ),
    fc.string({ maxLength: 8 }),
  );
}

/** As JSON.parse does: a member that is called __proto__ is one like any other. */
function setMember(members: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true });
}

function mutate(
  target: unknown,
  at: readonly number[],
  how: { value: unknown; name: string | null; remove: boolean },
): unknown {
  if (typeof target !== 'object' || target === null) return how.value;
  const members = target as Record<string, unknown>;
  const keys = Object.keys(members);
  const key = keys[(at[0] as number) % Math.max(1, keys.length)];
  if (key === undefined || (how.name !== null && at.length === 1)) {
    if (Array.isArray(target)) target.push(how.value);
    else setMember(members, how.name ?? 'x', how.value);
  } else if (at.length > 1 && typeof members[key] === 'object')
    setMember(members, key, mutate(members[key], at.slice(1), how));
  else if (how.remove) {
    if (Array.isArray(target)) target.splice(Number(key), 1);
    else delete members[key];
  } else setMember(members, key, how.value);
  return target;
}
