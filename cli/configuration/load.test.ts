import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError } from './fault.ts';
import { parseConfiguration, readConfiguration, requireFaultless } from './load.ts';

const knowledge = {
  builtIns: ['tekton/pipelinerun', 'tekton/taskrun'],
  parseLabelSelector(text: string) {
    if (text.includes('=(')) throw new Error(`"${text}" is no label selector`);
  },
};
const HEAD = 'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\n';
const parse = (text: string) =>
  requireFaultless(parseConfiguration('faultline.yaml', text, '/etc/faultline', knowledge));
const faults = (text: string): string[] => {
  try {
    parse(text);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n');
    throw error;
  }
};
/** Lines begin at 3: HEAD is in front. */
const faultsOf = (rest: string): string[] => faults(HEAD + rest);

describe('a configuration without faults', () => {
  it('is completed with every default', () => {
    expect(parse(HEAD).configuration).toEqual({
      apiVersion: 'config.faultline.dev/v1alpha1',
      kind: 'FaultlineConfiguration',
      namespaces: ['*'],
      server: { listen: '127.0.0.1:7443', database: 'embedded' },
      issues: {
        resolvedVisibleFor: '1h',
        retention: '90d',
        clusterScopedNamespace: 'faultline-system',
        flapping: { enabled: true, reopened: 3, within: '1h' },
        escalation: [],
      },
      limits: {
        namespace: { reportsPerSecond: 1_000, burst: 20_000 },
        source: { reportsPerSecond: 500, burst: 15_000 },
        activeIssues: 50_000,
      },
      events: { enabled: true, minimumSeverity: 'minor' },
      metrics: { issues: { maxNamespaces: 500 } },
      featureGates: {},
      leaderElection: { leaseDuration: '15s', renewDeadline: '10s', retryPeriod: '2s' },
      controllers: [
        {
          use: 'tekton/pipelinerun',
          name: 'tekton-pipelinerun',
          enabled: true,
          labelSelector: '',
          concurrency: 4,
          maxAge: '30d',
          with: {},
        },
      ],
      resources: [],
      receivers: [],
      rules: [],
    });
  });

  it('names its controllers after what they use', () => {
    const { configuration } = parse(`${HEAD}controllers:
  - use: tekton/pipelinerun
  - use: ./checks/quota.ts
  - {use: 'npm:@acme/checks', name: acme}
`);
    expect(configuration.controllers.map(({ name }) => name)).toEqual(['tekton-pipelinerun', 'quota', 'acme']);
  });

  it('has paths relative to its own folder', () => {
    const { configuration } = parse(`${HEAD}cluster: {folder: ./objects}\nserver: {databaseUrlFile: ../db}\n`);
    expect(configuration.cluster).toEqual({ folder: '/etc/faultline/objects' });
    expect(configuration.server).toEqual({ listen: '127.0.0.1:7443', databaseUrlFile: '/etc/db' });
  });

  it('keeps the options of a controller as they are', () => {
    const { configuration } = parse(`${HEAD}controllers: [{use: tekton/pipelinerun, with: {deep: {list: [1, x]}}}]`);
    expect(configuration.controllers[0]?.with).toEqual({ deep: { list: [1, 'x'] } });
  });

  it('may be JSON', () => {
    expect(parse('{"apiVersion":"config.faultline.dev/v1alpha1","kind":"FaultlineConfiguration"}').file).toBe(
      'faultline.yaml',
    );
  });
});

describe('a configuration with faults', () => {
  it.each([
    ['leaderElection: {leaseDuration: 1500ms}', 'leaderElection: leaseDuration must be whole seconds'],
    ['leaderElection: {leaseDuration: 10s}', 'leaderElection: leaseDuration must be longer than renewDeadline'],
    ['leaderElection: {retryPeriod: 9s}', 'leaderElection: renewDeadline must be longer than 1.2 times retryPeriod'],
    ['leaderElection: {renewDeadLine: 5s}', 'leaderElection.renewDeadLine: unknown key; did you mean "renewDeadline"?'],
    ['sharding: {shards: 33}', 'sharding.shards: must be less than or equal to 32 (is 33)'],
    ['sharding: {shards: 1}', 'sharding.shards: must be greater than or equal to 2 (is 1)'],
  ])('says what is wrong with the election: %s', (line, message) => {
    expect(faultsOf(line)).toEqual([expect.stringContaining(message)]);
  });

  it('lists all of them, each with file, line, column and path', () => {
    expect(
      faultsOf(`clutser: {folder: x}
server: {listen: 'a:99999', database: embeded}
namespaces: ['*', B_]
controllers:
  - use: tekton/pipelineruns
    concurency: 3
    maxAge: soon
    labelSelector: 'a=('
  - {name: rule.mine, use: ./a.ts}
`),
    ).toEqual([
      'faultline.yaml:3:1: clutser: unknown key; did you mean "cluster"?',
      'faultline.yaml:4:18: server.listen: must have a port of at most 65535 (is "a:99999")',
      'faultline.yaml:4:39: server.database: must be embedded (is "embeded"); did you mean "embedded"?',
      'faultline.yaml:5:19: namespaces[1]: must be a namespace name; * and ? are wildcards and a leading ! excludes (is "B_")',
      'faultline.yaml:7:10: controllers[0].use: no controller "tekton/pipelineruns"; did you mean "tekton/pipelinerun"? (built in: tekton/pipelinerun, tekton/taskrun; a file begins with ./ and a package with npm:)',
      'faultline.yaml:8:5: controllers[0].concurency: unknown key; did you mean "concurrency"?',
      'faultline.yaml:9:13: controllers[0].maxAge: must be a duration such as 90s, 15m, 1h30m or 14d (is "soon")',
      'faultline.yaml:10:20: controllers[0].labelSelector: "a=(" is no label selector',
      'faultline.yaml:11:12: controllers[1].name: "rule.mine" begins with "rule.", which no controller may use',
    ]);
  });

  it('is told what is missing and what to write', () => {
    expect(faults('{}')).toEqual([
      'faultline.yaml:1:1: apiVersion: is missing; write apiVersion: config.faultline.dev/v1alpha1',
      'faultline.yaml:1:1: kind: is missing; write kind: FaultlineConfiguration',
    ]);
    expect(faults('')).toHaveLength(2);
    expect(faults('- a')).toEqual(['faultline.yaml:1:1: must be of type object']);
  });

  it('may not use one name twice, given or derived', () => {
    expect(faultsOf('controllers: [{use: ./a/b.ts}, {use: ./c/b.ts}, {use: npm:x, name: b}]')).toEqual([
      'faultline.yaml:3:38: controllers[1].use: "b" is already the name of controllers[0]: give one of them another name',
      'faultline.yaml:3:68: controllers[2].name: "b" is already the name of controllers[0]: give one of them another name',
    ]);
  });

  it('needs a name where none can be derived', () => {
    expect(faultsOf('controllers: [{use: npm:x}, {use: ./Big_Name.ts}]')).toEqual([
      'faultline.yaml:3:15: controllers[0].name: is missing: "npm:x" needs a name',
      'faultline.yaml:3:35: controllers[1].use: makes "Big_Name", which is no source name: add a name',
    ]);
  });

  it('may not name two clusters or two databases', () => {
    expect(faultsOf('cluster: {folder: x, context: y}\nserver: {database: embedded, databaseUrlFile: x}')).toEqual([
      'faultline.yaml:3:10: cluster: says two clusters at once: keep one of folder, kubeconfig (with context) and inCluster',
      'faultline.yaml:4:9: server: says two databases at once: keep database or databaseUrlFile',
    ]);
  });

  it('names the severities that Events may begin with', () => {
    expect(faultsOf('events: {minimumSeverity: majr, enable: false}')).toEqual([
      'faultline.yaml:3:27: events.minimumSeverity: must be one of critical, major, minor, info (is "majr"); did you mean "major"?',
      'faultline.yaml:3:33: events.enable: unknown key; did you mean "enabled"?',
    ]);
  });

  it('may not only exclude namespaces', () => {
    expect(faultsOf(`namespaces: ['!a', '!b']`)).toEqual([
      `faultline.yaml:3:13: namespaces: only excludes, so nothing is left: begin with '*'`,
    ]);
  });

  it('is not converted: a quoted number is no number', () => {
    expect(faultsOf(`controllers: [{use: tekton/pipelinerun, concurrency: '4', enabled: 'yes'}]`)).toEqual([
      'faultline.yaml:3:54: controllers[0].concurrency: must be a number (is "4")',
      'faultline.yaml:3:68: controllers[0].enabled: must be a boolean (is "yes")',
    ]);
  });

  it('shows every fault of the YAML itself', () => {
    expect(
      faults('a: [\nb: 1\na: 2\n---\nc: 3').map((fault) => fault.replace(/^(faultline.yaml:\d+:\d+): .*/, '$1')),
    ).toEqual(expect.arrayContaining(['faultline.yaml:4:1']));
    expect(faults('a: 1\na: 2')).toEqual(['faultline.yaml:2:1: Map keys must be unique']);
  });
});

describe('the file of a configuration', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-configuration-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const load = async (flag?: string, variable?: string) =>
    requireFaultless(await readConfiguration({ ...knowledge, flag, variable, directory }));
  const write = (name: string, namespace: string) =>
    writeFile(join(directory, name), `${HEAD}namespaces: [${namespace}]\n`);

  it('prefers --config to $FAULTLINE_CONFIG to ./faultline.yaml to the built-in default', async () => {
    expect((await load()).file).toBeUndefined();
    await write('faultline.yaml', 'from-folder');
    expect((await load()).configuration.namespaces).toEqual(['from-folder']);
    await write('variable.yaml', 'from-variable');
    expect((await load(undefined, 'variable.yaml')).configuration.namespaces).toEqual(['from-variable']);
    await write('flag.yaml', 'from-flag');
    expect((await load('flag.yaml', 'variable.yaml')).configuration.namespaces).toEqual(['from-flag']);
  });

  it('never falls back when a named file is missing', async () => {
    await expect(load('nowhere.yaml')).rejects.toThrow(
      'cannot read the configuration nowhere.yaml (--config): no such file',
    );
    await expect(load(undefined, 'nowhere.yaml')).rejects.toThrow('nowhere.yaml ($FAULTLINE_CONFIG): no such file');
  });

  it('says when a folder was named', async () => {
    await mkdir(join(directory, 'faultline.yaml'));
    await expect(load('.')).rejects.toThrow('is a folder, not a file');
  });
});
