import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Installation, install } from './installation.ts';

/** Rules as objects of a real cluster: refused at admission, run, edited, broken, deleted, and written by a tenant. */
let faultline: Installation;
beforeAll(async () => {
  faultline = await install({ namespaces: ['shop', 'docs'] });
});
afterAll(async () => faultline?.[Symbol.asyncDispose]());

const d = '$';
const RULE = `
apiVersion: config.faultline.dev/v1alpha1
kind: ClusterIssueRule
metadata: {name: claims}
spec:
  watches: {apiVersion: v1, kind: PersistentVolumeClaim}
  when: object.status.phase == 'Pending'
  findings:
    - key: phase
      type: workload
      severity: major
      reason: ClaimPending
      title: ${d}{object.metadata.name} waits for a volume
`;
const CLAIM = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`;
const CLAIMS_MAY_BE_WATCHED = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: watch-claims}
rules: [{apiGroups: [''], resources: [persistentvolumeclaims], verbs: [list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: watch-claims}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: watch-claims}
subjects: [{kind: ServiceAccount, name: faultline-controllers, namespace: faultline-system}]
`;

async function apply(yaml: string, ...args: string[]): Promise<{ code: number; stderr: string }> {
  return await faultline.kubectl(['apply', '-f', '-', ...args], { input: yaml });
}

interface Status {
  readonly conditions?: { readonly type: string; readonly status: string; readonly message: string }[];
  readonly [count: string]: unknown;
}

async function untilStatus(
  rule: string,
  done: (conditions: Map<string, string>, status: Status) => boolean,
): Promise<Status> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { stdout } = await faultline.kubectl(['get', ...rule.split(' '), '-o', 'json']);
    const { status = {} } = JSON.parse(stdout || '{}') as { status?: Status };
    const conditions = (status.conditions ?? []).map(
      ({ type, status: is, message }) => [type, `${is} ${message}`] as const,
    );
    if (done(new Map(conditions), status)) return status;
    if (Date.now() > deadline) throw new Error(`${rule} is ${JSON.stringify(status)}\n${await faultline.logs()}`);
    await sleep(100);
  }
}

test('what no rule may be is refused at admission, with what to do; the examples are taken', async () => {
  const refusals = [
    [RULE.replace('PersistentVolumeClaim', 'Secret'), 'rules never see Secrets'],
    [
      RULE.replace('severity: major', 'severity: medium'),
      'severity must be critical, major, minor, info, or a template',
    ],
    [
      RULE.replace('apiVersion: v1, kind: PersistentVolumeClaim', 'apiVersion: faultline.dev/v1alpha1, kind: Issue'),
      'issues about issues never end',
    ],
    [RULE.replace('  findings:', '  for: soon\n  findings:'), 'spec.for'],
    [RULE.replace('name: claims', `name: ${'x'.repeat(60)}`), 'the name must have at most 51 characters'],
    [
      RULE.replace('kind: ClusterIssueRule', 'kind: IssueRule').replace('watches: {', 'watches: {namespaces: [docs], '),
      'unknown field "spec.watches.namespaces"',
    ],
  ] as const;
  for (const [yaml, message] of refusals) {
    const { code, stderr } = await apply(yaml, '-n', 'shop');
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
  }
  const examples = join(import.meta.dirname, '..', '..', 'examples', 'rules');
  const tried = await faultline.kubectl(['apply', '--dry-run=server', '-f', examples]);
  expect([tried.code, tried.stderr, tried.stdout.trim().split('\n').length]).toEqual([0, '', 10]);
});

test('a rule names the right that it lacks, opens issues when it has it, follows edits, and leaves when deleted', async () => {
  expect(await apply(CLAIM, '-n', 'shop')).toMatchObject({ code: 0 });
  expect(await apply(RULE)).toMatchObject({ code: 0 });
  await untilStatus(
    'clusterissuerule claims',
    (conditions) =>
      /^False not allowed to \w+ persistentvolumeclaims: a ClusterRole needs \{/.test(conditions.get('Ready') ?? '') &&
      conditions.get('Accepted')?.startsWith('True') === true,
  );
  expect(await apply(CLAIMS_MAY_BE_WATCHED)).toMatchObject({ code: 0 });
  const [issue] = await faultline.until('shop', (issues) => issues.length === 1);
  expect(issue?.spec).toMatchObject({
    source: 'clusterrule.claims',
    title: 'data waits for a volume',
    severity: 'major',
  });
  await untilStatus(
    'clusterissuerule claims',
    (conditions, { objects, failing, findings }) =>
      conditions.get('Ready')?.startsWith('True') === true && objects === 1 && failing === 1 && findings === 1,
  );
  expect((await faultline.kubectl(['get', 'clusterissuerules'])).stdout).toMatch(
    /NAME +WATCHES +ACCEPTED +READY +OBJECTS +FAILING +FINDINGS +AGE\nclaims +PersistentVolumeClaim +True +True +1 +1 +1 /,
  );

  expect(await apply(RULE.replace('severity: major', 'severity: critical'))).toMatchObject({ code: 0 });
  await faultline.until('shop', ([one]) => one?.spec.severity === 'critical');
  // What no schema can tell: the rule says so, and what was valid before goes on.
  expect(await apply(RULE.replace('object.status.phase', 'objct.phase'))).toMatchObject({ code: 0 });
  await untilStatus(
    'clusterissuerule claims',
    (conditions, { failing }) =>
      conditions.get('Accepted')?.startsWith('False spec.when 1:1: nothing is called objct') === true && failing === 1,
  );
  expect(await faultline.issues('shop')).toMatchObject([
    { metadata: { uid: issue?.metadata.uid }, status: { state: 'Active' } },
  ]);

  await faultline.kubectl(['delete', 'clusterissuerule', 'claims']);
  await faultline.until('shop', ([one]) => {
    const { conditions = [] } = (one?.status ?? {}) as { conditions?: { type: string }[] };
    return conditions.some(({ type }) => type === 'SourceAbsent');
  });
});

test('who may edit a namespace writes rules for it, which see and write to that namespace alone', async () => {
  const bound = await faultline.kubectl([
    'create',
    'rolebinding',
    'ann',
    '--clusterrole=faultline-receivers-edit',
    '--user=ann',
    '-n',
    'docs',
  ]);
  expect(bound.code).toBe(0);
  expect(await apply(CLAIMS_MAY_BE_WATCHED)).toMatchObject({ code: 0 });
  expect(await apply(CLAIM, '-n', 'docs')).toMatchObject({ code: 0 });
  const own = RULE.replace('kind: ClusterIssueRule', 'kind: IssueRule').replace(
    'metadata: {name: claims}',
    'metadata: {name: own}',
  );
  const [inShop, inDocs] = await Promise.all(
    ['shop', 'docs'].map((namespace) =>
      faultline.kubectl(['create', '-f', '-', '-n', namespace, '--as', 'ann'], { input: own }),
    ),
  );
  expect([inShop?.code, inDocs?.code]).toEqual([1, 0]);
  await faultline.until('docs', (issues) => issues.some(({ spec }) => spec.source === 'rule.docs.own'));
  await untilStatus('issuerule own -n docs', (_, { objects, source }) => objects === 1 && source === 'rule.docs.own');
  expect((await faultline.issues('shop')).filter(({ spec }) => spec.source === 'rule.docs.own')).toEqual([]);
});
