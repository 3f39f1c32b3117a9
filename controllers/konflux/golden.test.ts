import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadObjects } from '../../tests/recorded/read.ts';
import type { ControllerDefinition, ObjectLike } from '../index.ts';
import { said } from '../pipelines/kit.contract.ts';
import component from './component/index.ts';
import scenario from './integrationtestscenario/index.ts';
import mintmaker from './mintmaker/index.ts';
import release from './release/index.ts';
import snapshot from './snapshot/index.ts';
import taskBundles from './task-bundles/index.ts';

/** What every controller says of one recorded tenant, its managed namespace and the platform around it. */
const objects = loadObjects(join(import.meta.dirname, 'fixtures'));
const log = readFileSync(join(import.meta.dirname, 'fixtures/renovate.log'), 'utf8')
  .trim()
  .split('\n');
const golden = (controller: unknown) => said(controller as ControllerDefinition<ObjectLike>, objects, { log });

test('konflux/release', async () => {
  expect(await golden(release)).toMatchInlineSnapshot(`
    [
      "garden-tenant/garden-7xk2p-qq5mz → ReleasePlan garden-tenant/garden-to-production: critical ManagedPipelineFailed [release] Release by garden-to-production failed: the managed pipeline failed",
      "garden-tenant/garden-b8c4d-2mm7k → ReleasePlan garden-tenant/garden-to-production: healthy",
      "garden-tenant/garden-7xk2p-stage undecided: Releasing",
    ]
  `);
});

test('konflux/snapshot', async () => {
  expect(await golden(snapshot)).toMatchInlineSnapshot(`
    [
      "garden-tenant/garden-ivy-old undecided: NotTested",
      "garden-tenant/garden-7xk2p → Component garden-tenant/roses snapshot/push/main: healthy",
      "garden-tenant/garden-7xk2p → Component garden-tenant/roses test/smoke/push/main: major TestInvalid [test] Test smoke of roses on main could not run",
      "garden-tenant/garden-7xk2p → Component garden-tenant/roses test/load/push/main: minor TestRunDeleted [test] Test load of roses on main was deleted before it ended",
      "garden-tenant/garden-7xk2p → Component garden-tenant/roses test/policy/push/main: healthy",
      "garden-tenant/garden-zz9pl → Component garden-tenant/tulips snapshot/pr/12: minor SnapshotInvalid [snapshot] Snapshot of tulips for pull request 12 is not valid",
    ]
  `);
});

test('konflux/integrationtestscenario', async () => {
  expect(await golden(scenario)).toMatchInlineSnapshot(`
    [
      "garden-tenant/chaos → IntegrationTestScenario garden-tenant/chaos: major ScenarioInvalid [valid] Integration test chaos is not valid and never runs",
      "garden-tenant/smoke → IntegrationTestScenario garden-tenant/smoke: healthy",
    ]
  `);
});

test('konflux/component', async () => {
  expect(await golden(component)).toMatchInlineSnapshot(`
    [
      "garden-tenant/roses → Component garden-tenant/roses: healthy",
      "garden-tenant/roses → Component garden-tenant/roses last-build: healthy",
      "garden-tenant/tulips → Component garden-tenant/tulips: minor ConfigurationNotMerged [pull-request-builds] The configuration of the builds of tulips is not merged",
      "garden-tenant/tulips → Component garden-tenant/tulips last-build: healthy",
      "garden-tenant/lilies → Component garden-tenant/lilies: major GitHubAppNotInstalled [onboarding] The builds of lilies cannot be configured: the GitHub App is not installed in its repository",
      "garden-tenant/lilies → Component garden-tenant/lilies last-build: healthy",
      "garden-tenant/ivy → Component garden-tenant/ivy: healthy",
      "garden-tenant/ivy → Component garden-tenant/ivy last-build: minor NoRecentBuild [last-build] Component ivy has not been built successfully for more than 30 days",
      "garden-tenant/ferns → Component garden-tenant/ferns: major ImageRepositoryFailed [image-repository] Component ferns has no image repository",
      "garden-tenant/ferns → Component garden-tenant/ferns last-build: healthy",
    ]
  `);
});

test('konflux/task-bundles', async () => {
  expect(await golden(taskBundles)).toMatchInlineSnapshot(`
    [
      "garden-tenant/roses → Component garden-tenant/roses task-bundles: major TaskBundleExpired [task-bundles] roses uses 2 outdated task bundles: init 0.1 is not trusted since 2026-06-01 {oci://registry.example.com/konflux/task-init:0.1} due 2026-06-01T00:00:00.000Z",
      "garden-tenant/tulips undecided: NoBuild",
      "garden-tenant/lilies undecided: NoBuild",
      "garden-tenant/ivy undecided: NoBuild",
      "garden-tenant/ferns undecided: NoBuild",
    ]
  `);
});

test('konflux/mintmaker', async () => {
  expect(await golden(mintmaker)).toMatchInlineSnapshot(`
    [
      "garden-tenant/roses-on-push-h7d2x undecided: NotMintMaker (final)",
      "mintmaker/renovate-06110900-a1b2c3 → Component garden-tenant/lilies dependencies: major TokenExpired [token] Dependency updates of lilies: the git server does not accept the token",
      "mintmaker/renovate-06110900-a1b2c3 → Component garden-tenant/lilies dependencies/updates: no verdict: RunStopped",
      "mintmaker/renovate-06110905-d4e5f6 → Component garden-tenant/roses dependencies: healthy",
      "mintmaker/renovate-06110905-d4e5f6 → Component garden-tenant/roses dependencies/updates: minor RegistryAuthenticationFailed [registry/registry.example.net] Dependency updates of roses: a registry refuses access (registry.example.net)",
      "mintmaker/renovate-06110905-d4e5f6 → Component garden-tenant/roses dependencies/updates: major UpdateConflict [conflict/konflux/mintmaker/main/lodash-vulnerability] Dependency updates of roses: an update conflicts with its branch and was edited by somebody (konflux/mintmaker/main/lodash-vulnerability, CVE-2026-1234) {CVE-2026-1234}",
      "release-managed/managed-t5wq8 undecided: NotMintMaker (final)",
    ]
  `);
});
