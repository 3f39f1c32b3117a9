import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { controllerContract, NOW, type Subject, verdicts } from '../../tests/controllers/contract.ts';
import { loadObjects } from '../../tests/recorded/read.ts';
import { prepare } from '../runtime/definition-module.ts';
import { type ControllerEntry, isSameController, type LoadedController, loadControllers } from '../runtime/index.ts';
import template from './index.ts';
import { PRESETS } from './presets.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

/** As the loader makes it of `with:`. */
function subjectOf(given: Record<string, unknown>): Subject {
  const { definition, options, faults } = prepare(template, given, 'controllers[0]');
  if (definition === undefined) throw new Error(JSON.stringify(faults));
  return { definition, options, now: NOW };
}

const bucket = { preset: 'crossplane', apiVersion: 's3.aws.upbound.io/v1beta1', kind: 'Bucket' };

test.each([
  'argo-cd-application',
  'flux-kustomization',
  'cert-manager-certificate',
  'knative-service',
  'cluster-api-machine',
])('what the preset %s says of the recorded objects', async (preset) => {
  expect(await verdicts(subjectOf({ preset }), recorded)).toMatchSnapshot();
});

test('what the preset for any kind of Crossplane says, of the kind that is named', async () => {
  expect(await verdicts(subjectOf(bucket), recorded)).toMatchSnapshot();
});

test('a kind of your own needs nothing but its name', async () => {
  const own = subjectOf({ apiVersion: 'serving.knative.dev/v1', kind: 'Service' });
  expect(await verdicts(own, recorded)).toMatchObject({ hello: expect.stringContaining('Ready is False') as string });
});

test('what works on it may be not ready for longer, and is no recovery meanwhile', async () => {
  const own = { apiVersion: 'example.com/v1', kind: 'Database' };
  expect(await verdicts(subjectOf(own), recorded)).toEqual({ 'in-progress': 'undecided: RecentlyBad' });
  const impatient = { ...own, reconcilingFor: '10m' };
  expect(await verdicts(subjectOf(impatient), recorded)).toEqual({
    'in-progress': 'major Resizing (condition/Ready): Database in-progress: Ready is False: Resizing',
  });
});

test('rules of your own take the place of those of the preset', async () => {
  const conditions = [{ type: '*', severity: 'info', ignoreReasons: ['RevisionFailed'] }];
  const states = [{ field: 'status.sync.status', bad: ['Unknown'], severity: 'minor' }];
  expect(await verdicts(subjectOf({ preset: 'knative-service', conditions }), recorded)).toEqual({ hello: 'healthy' });
  const argo = await verdicts(subjectOf({ preset: 'argo-cd-application', conditions: [], states }), recorded);
  expect(argo.broken).toBe('minor Unknown (state/status.sync.status): Application broken: sync is Unknown');
});

test('polarity is yours: a condition that is bad when it is True', async () => {
  const given = {
    preset: 'flux-kustomization',
    conditions: [{ type: 'Reconciling', bad: ['True'], reasons: ['ProgressingWithRetry'] }],
  };
  expect(await verdicts(subjectOf(given), recorded)).toMatchObject({
    'build-fails':
      'major ProgressingWithRetry (condition/Reconciling): Kustomization build-fails: Reconciling is True: ProgressingWithRetry',
    'just-failed': expect.stringContaining('ProgressingWithRetry') as string,
  });
});

test('what is written counts more than the preset, and that more than a default', () => {
  const options = (given: object) => subjectOf({ preset: 'flux-kustomization', ...given }).options;
  expect(options({})).toMatchObject({ for: '1m', reconcilingFor: '1m', terminatingFor: '1h', type: 'release' });
  expect(options({ for: '2m', type: 'gitops' })).toMatchObject({ for: '2m', reconcilingFor: '1m', type: 'gitops' });
});

test.each([
  [{}, 'needs apiVersion and kind: without a preset'],
  [{ preset: 'crossplane' }, 'needs apiVersion and kind: the preset crossplane is for many kinds'],
  [{ apiVersion: 'x', kind: 'Y' }, 'fails to match the an apiVersion such as example.com/v1 pattern'],
  [{ apiVersion: 'x/v1', kind: 'y' }, 'fails to match the a kind such as Certificate pattern'],
  [{ preset: 'flux-kustomization', conditions: [{}] }, 'is required'],
  [
    { preset: 'flux-kustomization', states: [{ field: 'health', bad: ['x'] }] },
    'a dotted path such as status.health.status',
  ],
  [{ preset: 'flux-kustomization', for: '5 minutes' }, 'must be a duration such as'],
])('%j is a fault that says what to write', (given, message) => {
  const { faults } = prepare(template, given, 'controllers[0]');
  expect(faults).toMatchObject([{ path: expect.stringMatching(/^controllers\[0\]\.with/) as string }]);
  expect(faults[0]?.message).toContain(message);
});

test('the same options are the same controller: a reload of the configuration leaves it alone', async () => {
  const load = async (given: Record<string, unknown>): Promise<LoadedController> => {
    const builtins = new Map([['conditions', async () => template]]);
    const { controllers } = await loadControllers([{ use: 'conditions', with: given }], { baseDir: '/', builtins });
    return controllers[0] as LoadedController;
  };
  const before = await load({ preset: 'flux-kustomization' });
  expect(isSameController(before, await load({ preset: 'flux-kustomization' }))).toBe(true);
  expect(isSameController(before, await load({ preset: 'flux-kustomization', for: '2m' }))).toBe(false);
  expect(isSameController(before, await load({ preset: 'flux-helmrelease' }))).toBe(false);
});

describe('a preset of a product', () => {
  const load = (...entries: ControllerEntry[]) =>
    loadControllers(entries, { baseDir: '/', builtins: new Map([['conditions', async () => template]]) });

  test('is a controller for each of its kinds, named after the entry, with what is written besides', async () => {
    const entry = { use: 'conditions', name: 'gitops', namespaces: ['team-*'], with: { preset: 'flux', for: '3m' } };
    const { controllers, faults } = await load(entry, { use: 'conditions', with: { preset: 'cert-manager' } });
    expect(faults).toEqual([]);
    expect(controllers.map(({ name, definition }) => [name, definition.watches.kind])).toEqual([
      ['gitops-kustomization', 'Kustomization'],
      ['gitops-helmrelease', 'HelmRelease'],
      ['gitops-gitrepository', 'GitRepository'],
      ['gitops-ocirepository', 'OCIRepository'],
      ['gitops-helmrepository', 'HelmRepository'],
      ['conditions-certificate', 'Certificate'],
      ['conditions-issuer', 'Issuer'],
      ['conditions-clusterissuer', 'ClusterIssuer'],
    ]);
    const [first, ...others] = controllers;
    expect(first).toMatchObject({ namespaces: ['team-*'], options: { for: '3m', type: 'release' } });
    expect(others[0]?.options).toMatchObject({ for: '3m', kind: 'HelmRelease' });
  });

  test('says of an object what the preset of its kind says', async () => {
    const { controllers } = await load({ use: 'conditions', with: { preset: 'flux' } });
    const said = controllers.map(({ definition, options }) => verdicts({ definition, options, now: NOW }, recorded));
    const alone = await verdicts(subjectOf({ preset: 'flux-kustomization' }), recorded);
    expect((await Promise.all(said))[0]).toEqual(alone);
  });

  test.each([
    [{ preset: 'flux', kind: 'Kustomization' }, 'the preset flux is of several kinds'],
    [{ preset: 'flux', for: '5 minutes' }, 'must be a duration such as'],
    [{ preset: 'fluxx' }, 'must be one of'],
  ])('%j is one fault, however many it stands for', async (given, message) => {
    const { controllers, faults } = await load({ use: 'conditions', with: given });
    expect(controllers).toEqual([]);
    expect(faults).toMatchObject([{ message: expect.stringContaining(message) as string }]);
    expect(faults[0]?.path).toMatch(/^controllers\[0\]\.with/);
  });

  test('takes no name that another entry has', async () => {
    const own = { use: 'conditions', name: 'flux-helmrelease', with: { preset: 'flux-helmrelease' } };
    const { faults } = await load(own, { use: 'conditions', name: 'flux', with: { preset: 'flux' } });
    expect(faults).toMatchObject([{ path: 'controllers[1].name', value: 'flux-helmrelease' }]);
  });
});

test('what a template makes is checked as any other definition', () => {
  const wrong = {
    ...template,
    create: () => ({ ...template.create({ apiVersion: ['v1'], kind: 'X', states: [] } as never), order: 'never' }),
  };
  expect(prepare(wrong, { apiVersion: 'v1', kind: 'X' }, 'controllers[0]').faults).toMatchObject([
    { path: 'controllers[0].with', message: expect.stringContaining('its order must be') as string },
  ]);
  expect(prepare({ ...template, options: {} }, {}, 'controllers[0]').faults).toMatchObject([
    { path: 'controllers[0].use', message: 'its options must be a Joi schema: Joi.object({…})' },
  ]);
});

describe.each(Object.keys(PRESETS).filter((preset) => preset !== 'crossplane'))('the preset %s', (preset) => {
  test('is complete', () => {
    const { definition } = subjectOf({ preset });
    expect(definition.watches.kind).toMatch(/^[A-Z]/);
  });
});

describe('of Kustomizations', () => controllerContract(subjectOf({ preset: 'flux-kustomization' }), recorded));
describe('of Applications', () => controllerContract(subjectOf({ preset: 'argo-cd-application' }), recorded));
