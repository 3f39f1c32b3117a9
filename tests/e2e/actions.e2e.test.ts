import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { send } from '../controlplane/api-request.ts';
import { type KubectlResult, kubectls } from '../controlplane/kubectl.ts';
import { TcpForwarder } from '../controlplane/tcp-forwarder.ts';
import { faultline as binary, embedded, type Installation, type IssueJson, install, node } from './installation.ts';
import { at, createRun } from './pipelineruns.ts';
import { realTerminal } from './tmux.ts';
import { watcherOf } from './watcher.ts';

/**
 * What people do to issues, through the aggregator of a real kube-apiserver, with kubectl and with our own commands: ann
 * may edit the namespace shop, vic may view it, by the cluster's own roles.
 */
const SHOP = '/apis/faultline.dev/v1alpha1/namespaces/shop/issues';
const COMPONENTS = ['resolve', 'acknowledge', 'snooze', 'dry', 'stale', 'cli', 'replicas', 'away'];
let faultline: Installation;
let scratch: string;
let ann: string;
let vic: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'faultline-actions-'));
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Metadata', verbs: ['create'], resources: [{ group: 'faultline.dev' }] }, { level: 'None' }],
  };
  await writeFile(join(scratch, 'policy.yaml'), JSON.stringify(policy));
  const apiserverFlags = [
    `--audit-policy-file=${join(scratch, 'policy.yaml')}`,
    `--audit-log-path=${join(scratch, 'audit.log')}`,
  ];
  faultline = await install({ namespaces: ['shop', 'leaving'], controlPlane: { apiserverFlags } });
  const { plane } = faultline;
  // Fills the roles view, edit and admin from ours.
  await plane.startControllerManager(['clusterrole-aggregation-controller']);
  ann = await bind('ann', 'edit');
  vic = await bind('vic', 'view');
  for (const component of COMPONENTS) await fails('shop', component, 1);
  await fails('leaving', 'last', 1);
  await faultline.until('shop', (issues) => issues.length === COMPONENTS.length);
  await faultline.until('leaving', (issues) => issues.length === 1);
  await vi.waitFor(async () => expect(await can('create', 'resolve', ann)).toBe('yes'), { timeout: 30_000 });
});
afterAll(async () => {
  await faultline?.[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true, force: true });
});

let name: string;
beforeEach(async () => {
  name = nameOf(await faultline.issues('shop'), 'resolve');
});

async function bind(user: string, role: string): Promise<string> {
  const body = {
    metadata: { name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  };
  const path = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings';
  expect((await faultline.plane.request(path, { method: 'POST', body })).status).toBe(201);
  return faultline.plane.issueUserKubeconfig(user, ['team:shop'], 'shop');
}

async function fails(namespace: string, component: string, run: number): Promise<void> {
  const named = { name: `${component}-${run}`, namespace, component };
  await createRun(faultline.plane, named, { succeeded: false, at: at(run) });
}

function nameOf(issues: readonly IssueJson[], component: string): string {
  return issues.find(({ spec }) => spec.subject.name === component)?.metadata.name ?? '';
}

const issueOf = async (component: string) => nameOf(await faultline.issues('shop'), component);

interface Served extends IssueJson {
  status: IssueJson['status'] & { acknowledged?: { by: string; at: string }; snoozedUntil?: string };
}

async function read(issue: string): Promise<Served> {
  return JSON.parse((await faultline.plane.request(`${SHOP}/${issue}`)).body) as Served;
}

/** `kubectl create --raw`, the way of docs/actions.md. */
function raw(path: string, body: object | string, kubeconfig = ann, version?: string): Promise<KubectlResult> {
  const input = typeof body === 'string' ? body : JSON.stringify(body);
  const how = { kubeconfig, input, ...(version === undefined ? {} : { version }) };
  return faultline.kubectl(['create', '--raw', `${SHOP}/${path}`, '-f', '-'], how);
}

async function can(verb: string, subresource: string, kubeconfig: string): Promise<string> {
  const args = ['auth', 'can-i', verb, 'issues', `--subresource=${subresource}`, '-n', 'shop'];
  const { stdout, stderr } = await faultline.kubectl(args, { kubeconfig });
  return `${stdout}${stderr}`.trim();
}

async function cli(args: readonly string[], kubeconfig: string): Promise<{ code: unknown; out: string; err: string }> {
  const child = spawn(node, [binary, ...args, `--kubeconfig=${kubeconfig}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, out, err };
}

describe('who may', () => {
  test('who views or edits a namespace does not read evidence: that takes a binding of its own', async () => {
    const path = `${SHOP}/${name}/evidence`;
    for (const kubeconfig of [ann, vic]) {
      const refused = await faultline.kubectl(['get', '--raw', path], { kubeconfig });
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('issues/evidence')]);
    }
    const eve = await bind('eve', 'faultline-evidence');
    await vi.waitFor(async () => expect(await can('get', 'evidence', eve)).toBe('yes'), { timeout: 30_000 });
    const { stdout } = await faultline.kubectl(['get', '--raw', path], { kubeconfig: eve });
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'IssueEvidence', metadata: { name, namespace: 'shop' } });
  });

  test('D3 A9 kubectl auth can-i knows the subresources and answers without a warning', async () => {
    for (const action of ['resolve', 'acknowledge', 'snooze', 'assign', 'due', 'comment']) {
      expect(await can('create', action, ann)).toBe('yes');
      expect(await can('create', action, vic)).toBe('no');
    }
  });

  test('R5 who may view reads issues and acts on none, in the words of Kubernetes', async () => {
    expect((await faultline.kubectl(['get', 'issues', '-n', 'shop'], { kubeconfig: vic })).code).toBe(0);
    const { code, stderr } = await raw(`${name}/resolve`, {}, vic);
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      `issues.faultline.dev "${name}" is forbidden: User "vic" cannot create resource "issues/resolve" in API group "faultline.dev" in the namespace "shop"`,
    );
    expect((await read(name)).status.state).toBe('Active');
  });

  test('A8 R5 who may edit acts in that namespace only, also when our server is asked directly', async () => {
    const elsewhere = await faultline.kubectl(
      ['create', '--raw', '/apis/faultline.dev/v1alpha1/namespaces/leaving/issues/x/resolve', '-f', '-'],
      { kubeconfig: ann, input: '{}' },
    );
    expect(elsewhere.stderr).toContain('cannot create resource "issues/resolve"');
    const token = await faultline.plane.serviceAccountToken('shop', 'nobody');
    const url = `https://127.0.0.1:${faultline.server.port}${SHOP}/${name}/resolve`;
    const direct = await send(url, faultline.plane.servingCa.certificatePem, {
      method: 'POST',
      body: {},
      as: { token },
    });
    expect(direct.status).toBe(403);
  });
});

describe('an action through the aggregator', () => {
  test('S1 O7 is described by the cluster’s OpenAPI', async () => {
    const { stdout } = await faultline.kubectl(['get', '--raw', '/openapi/v3/apis/faultline.dev/v1alpha1']);
    const { paths, components } = JSON.parse(stdout) as { paths: object; components: { schemas: object } };
    for (const [action, kind] of [
      ['resolve', 'IssueResolution'],
      ['snooze', 'IssueSnooze'],
    ] as const) {
      expect(paths).toHaveProperty([
        `/apis/faultline.dev/v1alpha1/namespaces/{namespace}/issues/{name}/${action}`,
        'post',
      ]);
      expect(components.schemas).toHaveProperty([`dev.faultline.v1alpha1.${kind}`]);
    }
  });

  test('S1 S4 resolve: kubectl create --raw, a watch sees it, kubectl wait returns, and twice is once', async () => {
    await using watch = faultline.watch(['get', 'issue', name, '-n', 'shop', '-w', '--no-headers'], {
      kubeconfig: vic,
    });
    expect(await watch.next()).toContain('Active');
    const body = { kind: 'IssueResolution', apiVersion: 'faultline.dev/v1alpha1', spec: { comment: 'a flake' } };
    const first = await raw(`${name}/resolve`, body);
    expect(first.stderr).toBe('');
    expect(JSON.parse(first.stdout)).toMatchObject({
      kind: 'IssueResolution',
      metadata: { name, namespace: 'shop' },
      status: { state: 'Resolved', resolvedReason: 'Manual' },
    });
    expect(await watch.next()).toContain('Resolved');
    const wait = ['wait', '--for=condition=Resolved', `issue/${name}`, '-n', 'shop', '--timeout=10s'];
    expect((await faultline.kubectl(wait, { kubeconfig: vic })).code).toBe(0);
    expect((await raw(`${name}/resolve`, body)).stdout).toBe(first.stdout);
  });

  test("10'C 3C a resolve by hand holds, and a newer failure opens the issue again", async () => {
    await createRun(
      faultline.plane,
      { name: 'resolve-2', namespace: 'shop', component: 'resolve' },
      { succeeded: false, at: new Date(Date.now() + 2_000).toISOString().replace(/\.\d+Z$/, 'Z') },
    );
    await faultline.until('shop', (issues) =>
      issues.some(
        ({ metadata, status }) => metadata.name === name && status.state === 'Active' && status.reopened === 1,
      ),
    );
  });

  test.each(kubectls().map(({ version }) => version))('S1 kubectl %s can act', async (version) => {
    const { stdout, stderr } = await raw(`${await issueOf('acknowledge')}/acknowledge`, {}, ann, version);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ status: { acknowledged: { by: 'ann' } } });
  });

  test('S1 E6 what is wrong is told with every cause', async () => {
    const spec = { until: '2020-01-01T00:00:00Z' };
    expect((await raw(`${name}/snooze`, { spec })).stderr).toContain(
      'spec.until: Invalid value: "2020-01-01T00:00:00Z": must be in the future',
    );
    expect((await raw(`${name}/snooze`, '{')).stderr).toContain('(BadRequest)');
    expect((await raw(`${name}/snooze`, { kind: 'IssueResolution', apiVersion: 'v1' })).stderr).toContain(
      'Kind=IssueSnooze',
    );
    expect((await raw('nobody/resolve', {})).stderr).toContain('(NotFound): issues.faultline.dev "nobody" not found');
    const admin = faultline.plane.adminKubeconfigPath;
    expect((await raw(`${name}/close`, {}, admin)).stderr).toContain(
      'the server could not find the requested resource',
    );
    expect((await faultline.plane.request(`${SHOP}/${name}/resolve`)).status).toBe(405);
    expect((await faultline.plane.request(`${SHOP}/${name}/resolve`, { method: 'PUT', body: {} })).status).toBe(405);
  });

  test('S5 a body of 4 MiB is 413', async () => {
    const body = { spec: { comment: 'x'.repeat(4 * 1024 * 1024) } };
    const { status, body: answer } = await faultline.plane.request(`${SHOP}/${name}/resolve`, { method: 'POST', body });
    expect([status, JSON.parse(answer)]).toEqual([413, expect.objectContaining({ reason: 'RequestEntityTooLarge' })]);
  });

  test('S2 dryRun=All changes nothing', async () => {
    const dry = await issueOf('dry');
    const before = await read(dry);
    const { stdout } = await raw(`${dry}/resolve?dryRun=All&fieldManager=x&fieldValidation=Strict`, {});
    expect(JSON.parse(stdout)).toMatchObject({ status: { state: 'Resolved' } });
    expect((await raw(`${dry}/resolve?dryRun=Some`, {})).stderr).toContain('(BadRequest)');
    expect(await read(dry)).toEqual(before);
  });

  test('S4 preconditions that do not hold are a conflict', async () => {
    const stale = await issueOf('stale');
    const { uid, resourceVersion } = (await read(stale)).metadata;
    await raw(`${stale}/acknowledge`, {});
    const refused = await raw(`${stale}/resolve`, { metadata: { uid, resourceVersion } });
    expect(refused.stderr).toContain('(Conflict): Operation cannot be fulfilled on issues.faultline.dev');
    expect((await raw(`${stale}/resolve`, { metadata: { uid } })).code).toBe(0);
  });

  test('S1 a snooze ends by itself', async () => {
    const snooze = await issueOf('snooze');
    await raw(`${snooze}/snooze`, { spec: { duration: '1h' } });
    expect(Date.parse((await read(snooze)).status.snoozedUntil ?? '')).toBeGreaterThan(Date.now() + 3_000_000);
    await raw(`${snooze}/snooze`, { spec: { duration: '1s' } });
    await expect.poll(async () => (await read(snooze)).status.snoozedUntil, { timeout: 30_000 }).toBeUndefined();
  });

  test('X9 is logged with who, what and the Audit-ID of kube-apiserver', async () => {
    const acknowledge = await issueOf('acknowledge');
    const { headers } = await faultline.plane.request(`${SHOP}/${acknowledge}/acknowledge`, {
      method: 'POST',
      body: {},
    });
    // kube-apiserver says it, and passes on that we said it.
    const [auditId] = String(headers['audit-id']).split(', ');
    const lines = async (file: string): Promise<Record<string, unknown>[]> =>
      (await readFile(file, 'utf8')).split('\n').flatMap((line) => {
        return line.includes(String(auditId)) ? [JSON.parse(line) as Record<string, unknown>] : [];
      });
    await expect.poll(async () => (await lines(join(scratch, 'audit.log'))).length).toBe(1);
    expect(await lines(join(scratch, 'audit.log'))).toMatchObject([
      { auditID: auditId, objectRef: { resource: 'issues', subresource: 'acknowledge', name: acknowledge } },
    ]);
    expect(await lines(join(faultline.dir, 'server.log'))).toMatchObject([
      {
        audit: {
          ...{ auditId, verb: 'create', code: 201, dryRun: false },
          user: { username: 'admin', groups: expect.arrayContaining(['system:masters']) },
          objectRef: { resource: 'issues', subresource: 'acknowledge', namespace: 'shop', name: acknowledge },
        },
      },
    ]);
  });
});

describe('our commands', () => {
  test('R5 work for who may edit, and refuse in one line who may not', async () => {
    const issue = await issueOf('cli');
    expect(await cli(['acknowledge', issue, '--comment', 'mine'], ann)).toEqual({
      ...{ code: 0, out: `issue.faultline.dev/${issue} acknowledged\n`, err: '' },
    });
    expect((await cli(['snooze', issue, '--for', '2h'], ann)).out).toMatch(/ snoozed until \d{4}-.*Z\n$/);
    expect(await read(issue)).toMatchObject({
      status: { acknowledged: { by: 'ann' }, snoozedUntil: expect.any(String), state: 'Active' },
    });
    expect((await cli(['assign', issue], ann)).out).toMatch(/ assigned to ann\n$/);
    expect((await cli(['due', issue, '--in', '3d'], ann)).out).toMatch(/ due \d{4}-.*Z\n$/);
    expect((await cli(['comment', issue, 'found it'], ann)).out).toMatch(/ commented\n$/);
    expect(await read(issue)).toMatchObject({ status: { assignee: 'ann', due: { by: 'ann' } } });
    expect((await cli(['resolve', issue, '-n', 'shop'], ann)).out).toBe(`issue.faultline.dev/${issue} resolved\n`);
    const refused = await cli(['resolve', issue], vic);
    expect(refused).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/^error: issues.faultline.dev "[^\n]*cannot create resource[^\n]*\n$/),
    });
  });
});

describe('our commands that read', () => {
  test('R5 print what kubectl prints, as who the kubeconfig says', async () => {
    const kubectl = async (...args: string[]) =>
      (await faultline.kubectl(['get', 'issues', '-n', 'shop', ...args], { kubeconfig: vic })).stdout;
    const ours = async (...args: string[]) => (await cli(['get', '--all', ...args], vic)).out;
    // kubectl pads the last column, where it is empty.
    const ageless = (text: string) => text.replaceAll(/ +$/gm, '').replaceAll(/\b(\d+[smhdy])+( +|$)/gm, 'AGE ');
    const templates = [
      '{.items[*].metadata.name}',
      '{range .items[*]}{.metadata.name}{"\\t"}{.spec.severity}{"\\n"}{end}',
      '{.items[0].spec.subject}',
      '{.items[?(@.spec.subject.name=="cli")].metadata.name}',
      '{.items[0,1].spec.reason} {.items[-1].kind}',
      "{.items[*].metadata.labels['faultline\\.dev/state']}{.items[1:3].status.occurrences}",
      '{..resolvedReason}',
    ];
    for (const format of [
      'name',
      'custom-columns=A:.metadata.name,B:.spec.nothing',
      ...templates.map((each) => `jsonpath=${each}`),
    ]) {
      expect([format, await ours('-o', format)]).toEqual([format, await kubectl('-o', format)]);
    }
    for (const flags of [[], ['-o', 'wide'], ['--no-headers']]) {
      expect(ageless(await ours(...flags))).toBe(ageless(await kubectl(...flags)));
    }
    expect(JSON.parse(await ours('-o', 'json'))).toEqual(JSON.parse(await kubectl('-o', 'json')));
  });

  test('R5 say in one line what may not be read, and describe what may', async () => {
    expect(await cli(['get', '-A'], vic)).toEqual({
      ...{
        code: 1,
        out: '',
        err: expect.stringMatching(/^error: issues[^\n]*cannot list[^\n]*at the cluster scope[^\n]*\n$/),
      },
    });
    const { code, out, err } = await cli(['describe', name], vic);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/\nEvidence: you may not read it: [^\n]*issues\/evidence/);
    expect(out).toMatch(/\n\nTimeline:\n {2}\S+Z +opened\n/);
    expect((await cli(['get', 'nothing-here'], vic)).err).toBe(
      'error: there is no issue "nothing-here" in namespace shop: see faultline get --all\n',
    );
  });
});

describe('the terminal UI of who may only read', () => {
  test('says so at each key, writes nothing; and is refused and comes back where it was as its token ends', async () => {
    const { plane } = faultline;
    let isCut = false;
    const { hostname, port } = new URL(plane.url);
    await using way = new TcpForwarder(() => (isCut ? undefined : { port: Number(port), host: hostname }));
    await way.listen(0, '127.0.0.1');
    const dir = await mkdtemp(join(scratch, 'ui-'));
    const server = `https://127.0.0.1:${way.port}`;
    const watcher = await watcherOf(plane, { namespace: 'shop', role: 'view', server, dir });
    const token = await watcher.renew();
    await using terminal = await realTerminal({
      ...{ dir, columns: 110, rows: 24, command: [node, binary, 'ui', '--all'] },
      env: { KUBECONFIG: watcher.kubeconfig, HOME: dir, LC_ALL: 'C.UTF-8', CI: 'true' },
    });
    await terminal.shows('● live');
    await terminal.press('j', 'j');
    await terminal.shows(/\(a ack\) .*\(r resolve\)/);
    const before = await plane.request(SHOP);
    for (const [key, act] of [
      ['a', 'acknowledge'],
      ['r', 'resolve'],
      ['s', 'snooze'],
    ] as const) {
      await terminal.press(key);
      await terminal.shows(`you may not ${act} issues in shop: ask for create on issues/${act}`);
    }
    // Nothing was asked for: what is typed now is keys, and no reason.
    await terminal.type(':resolve');
    await terminal.press('Enter');
    await terminal.shows('you may not resolve issues in shop');
    await terminal.press('Escape');
    expect((await plane.request(SHOP)).body).toBe(before.body);
    const selected = / (3\/\d) *$/m.exec(await terminal.screen())?.[1] ?? 'no line is selected';

    await watcher.revoke();
    const known = () => send(`${plane.url}${SHOP}`, plane.servingCa.certificatePem, { as: { token } });
    await expect.poll(async () => (await known()).status, { timeout: 30_000 }).toBe(401);
    const refused = await cli(['get'], watcher.kubeconfig);
    expect(refused).toEqual({
      ...{ code: 1, out: '', err: expect.stringMatching(/^error: \S+ \(context work\) does not know you: [^\n]+\n$/) },
    });
    // A watch that is open stays open: kube-apiserver asks who somebody is once. It ends with its connection.
    isCut = true;
    way.cut();
    await terminal.shows('○ lost');
    isCut = false;
    const shown = await terminal.shows('does not know you: the credentials');
    expect(shown).toContain('○ refused');
    expect(shown).toContain(selected);
    await watcher.renew();
    await terminal.press('C-l');
    expect(await terminal.shows('● live')).toContain(selected);
    await terminal.press('q');
    await terminal.shows('ended with 0');
  });
});

describe('the timeline of an issue', () => {
  test('A8 R5 is for who may get the issue, and has who did what', async () => {
    const issue = await issueOf('cli');
    const { plane, server } = faultline;
    const ask = async (token: string) => {
      const url = `https://127.0.0.1:${server.port}/api/v1/issues/shop/${issue}/timeline`;
      return send(url, plane.servingCa.certificatePem, { as: { token } });
    };
    expect((await ask(await plane.serviceAccountToken('shop', 'stranger'))).status).toBe(403);
    const token = await plane.serviceAccountToken('shop', 'reader');
    const body = {
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'faultline-view' },
      subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'shop' }],
    };
    const path = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings';
    expect((await plane.request(path, { method: 'POST', body })).status).toBe(201);
    const events = await vi.waitFor(
      async () => {
        const answer = await ask(token);
        expect(answer.status).toBe(200);
        return (JSON.parse(answer.body) as { events: { event: string; actor?: string }[] }).events;
      },
      { timeout: 20_000 },
    );
    expect(events.map(({ event, actor }) => [event, actor].join(' ').trim())).toEqual([
      'opened',
      ...['acknowledge', 'snooze', 'assign', 'due', 'comment'].map((action) => `${action} ann`),
      'resolved',
      'resolve ann',
    ]);
  });
});

describe('when things are not as usual', () => {
  test.skipIf(embedded)('S4 X13 people on two replicas at once: nobody’s line is lost', async () => {
    const issue = await issueOf('replicas');
    const replica = await faultline.startReplica();
    const { plane } = faultline;
    const act = (port: number, token: string, action: string, spec: object) =>
      send(`https://127.0.0.1:${port}${SHOP}/${issue}/${action}`, plane.servingCa.certificatePem, {
        ...{ method: 'POST', as: { token }, body: { spec } },
      });
    const people = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'];
    const tokens = await Promise.all(people.map((person) => plane.serviceAccountToken('shop', person)));
    const group = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:serviceaccounts:shop' };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'faultline-edit' };
    await plane.request('/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings', {
      ...{ method: 'POST', body: { metadata: { name: 'people' }, roleRef, subjects: [group] } },
    });
    const ports = [faultline.server.port, replica.port];
    // A server is ready before it has reached its database, and rights spread within seconds.
    for (const port of ports) {
      const allowed = () => act(port, tokens[0] as string, 'acknowledge', {}).then(({ status }) => status);
      await expect.poll(allowed, { timeout: 20_000 }).toBe(201);
    }
    const answers = await Promise.all(
      tokens.map((token, index) => {
        const action = index % 2 === 0 ? 'acknowledge' : 'snooze';
        const spec = { comment: `by p${index}`, ...(action === 'snooze' && { duration: `${index}h` }) };
        return act(ports[index % 2] as number, token, action, spec);
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual(people.map(() => 201));
    const sql = "SELECT comment FROM timeline WHERE comment LIKE 'by p%' ORDER BY comment";
    const lines = await faultline.postgres?.psql(sql, 'faultline');
    expect(lines?.trim().split('\n')).toEqual(people.map((person) => `by ${person}`));
  });

  test.skipIf(embedded)(
    'X3 E5 without the database an action is 503 with Retry-After, and works when it is back',
    async () => {
      const issue = await issueOf('away');
      const post = () => faultline.plane.request(`${SHOP}/${issue}/resolve`, { method: 'POST', body: {} });
      await faultline.postgres?.kill();
      const { status, headers, body } = await post();
      expect([status, headers['retry-after'], JSON.parse(body)]).toEqual([
        503,
        expect.stringMatching(/^\d+$/),
        expect.objectContaining({ kind: 'Status', reason: 'ServiceUnavailable' }),
      ]);
      await faultline.postgres?.start();
      await expect.poll(async () => (await post()).status, { timeout: 30_000 }).toBe(201);
      expect((await read(issue)).status.resolvedReason).toBe('Manual');
    },
  );

  test('S6 in a namespace that is being deleted an action is refused', async () => {
    const [last] = await faultline.issues('leaving');
    const path = `/apis/faultline.dev/v1alpha1/namespaces/leaving/issues/${last?.metadata.name}`;
    await faultline.plane.request('/api/v1/namespaces/leaving', { method: 'DELETE' });
    const post = async () => {
      const { status, body } = await faultline.plane.request(`${path}/resolve?dryRun=All`, {
        method: 'POST',
        body: {},
      });
      return { status, message: (JSON.parse(body) as { message?: string }).message };
    };
    // Whether a namespace exists is remembered for 30 s.
    await expect.poll(post, { timeout: 45_000, interval: 500 }).toEqual({
      status: 409,
      message: expect.stringContaining('namespace leaving is being terminated'),
    });
  });
});
