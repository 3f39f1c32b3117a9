import { describe, expect, test } from 'vitest';
import { type KubectlOptions, type KubectlResult, kubectl, kubectls, kubectlWatch } from '../controlplane/kubectl.ts';

/** Where kubectl is pointed at, with at least one critical or major Active issue in `namespace`. */
export interface KubectlTarget {
  readonly kubeconfig: string;
  readonly namespace: string;
  /** Makes the Active issue of this name resolve. Called once, by the `wait` test of the newest kubectl. */
  resolve(issue: string): Promise<void>;
}

interface IssueJson {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string; labels: Record<string, string> };
  status: { state: string };
}

/**
 * What issue 3 promises for every kubectl on the machine (item 2): the same suite against the embedded server and
 * through the aggregator of a real kube-apiserver.
 */
export function kubectlContract(target: () => KubectlTarget): void {
  const versions = kubectls().map(({ version }) => version);

  describe.each(versions)('kubectl %s', (version) => {
    const options = (): KubectlOptions => ({ kubeconfig: target().kubeconfig, version });
    const run = (...args: string[]): Promise<KubectlResult> => kubectl(args, options());
    const ok = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await run(...args);
      expect(stderr.replace(/^No resources found.*\n?/, ''), `kubectl ${args.join(' ')}`).toBe('');
      expect(code).toBe(0);
      return stdout;
    };
    const inNamespace = async (...args: string[]): Promise<string> => ok(...args, '-n', target().namespace);
    const all = async (): Promise<IssueJson[]> =>
      (JSON.parse(await ok('get', 'issues', '-A', '-o', 'json')) as { items: IssueJson[] }).items;
    const active = async (): Promise<string> => {
      const found = (await all()).find(
        ({ metadata, status }) => metadata.namespace === target().namespace && status.state === 'Active',
      );
      if (!found) throw new Error('the target has no Active issue');
      return found.metadata.name;
    };

    test('get issues -A prints the columns', async () => {
      const [header, ...rows] = (await ok('get', 'issues', '-A')).trimEnd().split('\n');
      expect(header?.split(/\s+/)).toEqual(['NAMESPACE', 'NAME', 'SEVERITY', 'TYPE', 'STATE', 'SINCE', 'TITLE']);
      expect(rows.length).toBe((await all()).length);
    });

    test('get -o wide adds the wide columns', async () => {
      const [header] = (await ok('get', 'iss', '-A', '-o', 'wide')).split('\n');
      expect(header?.trim().split(/\s+/).slice(7)).toEqual([
        'SUBJECT',
        'REASON',
        'SOURCE',
        'COUNT',
        'REOPENED',
        'LAST-SEEN',
        'DURATION',
        'FLAPPING',
        'ASSIGNEE',
        'DUE',
        'LINK',
      ]);
    });

    test('get -o name, json and yaml agree', async () => {
      const names = (await inNamespace('get', 'issues', '-o', 'name')).trimEnd().split('\n');
      const json = (await all()).filter(({ metadata }) => metadata.namespace === target().namespace);
      expect(names).toEqual(json.map(({ metadata }) => `issue.faultline.dev/${metadata.name}`));
      expect(json[0]).toMatchObject({ apiVersion: 'faultline.dev/v1alpha1', kind: 'Issue' });
      expect(await inNamespace('get', 'issues', '-o', 'yaml')).toContain(`uid: ${json[0]?.metadata.uid}`);
    });

    test('T3 L4 get with jsonpath, custom columns and columns of labels agrees with json', async () => {
      const json = (await all()).map(({ metadata }) => metadata);
      const lines = async (...args: string[]): Promise<string[]> => {
        const text = await ok('get', 'issues', '-A', '--no-headers', ...args);
        return text.trimEnd().split('\n');
      };
      const jsonpath = '{range .items[*]}{.metadata.uid}{"\\n"}{end}';
      expect((await ok('get', 'issues', '-A', '-o', `jsonpath=${jsonpath}`)).trimEnd().split('\n')).toEqual(
        json.map(({ uid }) => uid),
      );
      expect(await lines('-o', 'custom-columns=V:.metadata.resourceVersion')).toEqual(
        json.map(({ resourceVersion }) => resourceVersion),
      );
      const severities = json.map(({ labels }) => labels['faultline.dev/severity']);
      const column = await lines('-L', 'faultline.dev/severity');
      expect(column.map((line) => line.trimEnd().split(/\s+/).at(-1))).toEqual(severities);
      for (const [index, line] of (await lines('--show-labels')).entries())
        expect(line).toContain(`faultline.dev/severity=${severities[index]}`);
    });

    test('get -l and --field-selector select', async () => {
      const issues = await all();
      const severity = issues[0]?.metadata.labels['faultline.dev/severity'] as string;
      const labelled = (await ok('get', 'issues', '-A', '-o', 'name', '-l', `faultline.dev/severity=${severity}`))
        .trimEnd()
        .split('\n');
      expect(labelled.length).toBe(
        issues.filter(({ metadata }) => metadata.labels['faultline.dev/severity'] === severity).length,
      );
      const selected = (await ok('get', 'issues', '-A', '-o', 'name', '--field-selector', 'status.state=Active'))
        .trimEnd()
        .split('\n');
      expect(selected.length).toBe(issues.filter(({ status }) => status.state === 'Active').length);
      const unknown = await run('get', 'issues', '-A', '--field-selector', 'status.mood=bad');
      expect(unknown.code).not.toBe(0);
      expect(unknown.stderr).toContain('status.mood');
    });

    test('get in chunks and sorted is complete', async () => {
      const count = (await all()).length;
      const rows = (text: string): number => text.trimEnd().split('\n').length;
      expect(rows(await ok('get', 'issues', '-A', '--no-headers', '--chunk-size=2'))).toBe(count);
      expect(rows(await ok('get', 'issues', '-A', '--no-headers', '--sort-by=.spec.severity'))).toBe(count);
    });

    test('get NAME and describe show one issue; an unknown name is not found', async () => {
      const name = await active();
      expect(await inNamespace('get', 'issue', name, '--no-headers')).toContain('Active');
      expect(await inNamespace('describe', 'issue', name)).toMatch(/Kind:\s+Issue/);
      const missing = await run('get', 'issue', 'nobody', '-n', target().namespace);
      expect(missing.stderr).toContain('issues.faultline.dev "nobody" not found');
    });

    test('explain, api-resources and auth can-i know the resource', async () => {
      expect(await ok('explain', 'issue.spec')).toMatch(/severity\s+<string>/);
      expect(await ok('explain', 'issue.status.state')).toContain('Active while the problem exists');
      expect(await ok('api-resources', '--api-group=faultline.dev', '--no-headers')).toMatch(
        /issues\s+iss\s+faultline.dev\/v1alpha1\s+true\s+Issue/,
      );
      expect((await ok('auth', 'can-i', 'list', 'issues', '-A')).trim()).toBe('yes');
    });

    test('D3 S1 may act on an issue, and does: create --raw', async () => {
      const name = await active();
      const { namespace } = target();
      for (const action of ['resolve', 'acknowledge', 'snooze', 'assign', 'due', 'comment']) {
        expect((await ok('auth', 'can-i', 'create', 'issues', `--subresource=${action}`, '-n', namespace)).trim()).toBe(
          'yes',
        );
      }
      const path = `/apis/faultline.dev/v1alpha1/namespaces/${namespace}/issues/${name}/acknowledge`;
      const { stdout, stderr } = await kubectl(['create', '--raw', path, '-f', '-'], { ...options(), input: '{}' });
      expect(stderr).toBe('');
      const { status } = JSON.parse(stdout) as { status: { acknowledged: { by: string } } };
      expect(await inNamespace('get', 'issue', name, '-o', 'jsonpath={.status.acknowledged.by}')).toBe(
        status.acknowledged.by,
      );
    });

    test('get -w begins with what is there', async () => {
      await using watch = kubectlWatch(['get', 'issues', '-A', '-w', '--no-headers'], options());
      expect(await watch.next()).toMatch(/(Active|Resolved)/);
    });

    test.each([
      ['delete', (name: string) => run('delete', 'issue', name, '-n', target().namespace, '--wait=false')],
      [
        'patch',
        (name: string) =>
          run('patch', 'issue', name, '-n', target().namespace, '--type=merge', '-p', '{"spec":{"title":"x"}}'),
      ],
      ['replace', (name: string) => edited(name, 'replace')],
      ['apply', (name: string) => edited(name, 'apply')],
      ['create', (name: string) => edited(name, 'create')],
      [
        'edit',
        (name: string) =>
          kubectl(['edit', 'issue', name, '-n', target().namespace], {
            ...options(),
            env: { KUBE_EDITOR: 'sed -i s/severity:.*/severity:\\ info/' },
          }),
      ],
    ])('%s is refused, because issues are read-only', async (_verb, act) => {
      const { code, stdout, stderr } = await act(await active());
      expect(code).not.toBe(0);
      expect(`${stdout}${stderr}`).toMatch(/read-only/);
      expect(`${stdout}${stderr}`).toMatch(/resolve/);
    });

    async function edited(name: string, verb: string): Promise<KubectlResult> {
      const issue = JSON.parse(await inNamespace('get', 'issue', name, '-o', 'json')) as IssueJson & {
        spec: { title: string };
      };
      if (verb === 'create') issue.metadata.name = 'made-by-hand';
      issue.spec.title = 'changed by hand';
      const { uid: _uid, resourceVersion: _version, ...metadata } = issue.metadata;
      const body = verb === 'replace' ? issue : { ...issue, metadata };
      return kubectl([verb, '-f', '-'], { ...options(), input: JSON.stringify(body) });
    }

    test.runIf(version === versions.at(-1))('wait --for=condition=Resolved returns when it resolves', async () => {
      const name = await active();
      const waiting = inNamespace('wait', '--for=condition=Resolved', `issue/${name}`, '--timeout=30s');
      await target().resolve(name);
      expect(await waiting).toContain(`issue.faultline.dev/${name} condition met`);
    });
  });
}
