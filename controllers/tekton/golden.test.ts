import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadObjects } from '../../tests/recorded/read.ts';
import type { ControllerDefinition, ObjectLike } from '../index.ts';
import { said } from '../pipelines/kit.contract.ts';
import repository from './repository/index.ts';
import stuck from './stuck/index.ts';
import taskRun from './taskrun/index.ts';

const objects = loadObjects(join(import.meta.dirname, 'fixtures'));
const golden = (controller: unknown) => said(controller as ControllerDefinition<ObjectLike>, objects);

test('tekton/taskrun', async () => {
  expect(await golden(taskRun)).toMatchInlineSnapshot(`
    [
      "platform/backup-8x2kq → Task platform/backup: major TaskRunFailed [run] Task backup failed in step dump (exit code 3)",
      "platform/rotate-keys-mmz4t → Task platform/rotate-keys: healthy",
      "platform/report-usage-7hq5n → Task platform/report-usage: major TaskRunResolutionFailed [run] Task report-usage never started: a task could not be fetched (the bundle does not exist)",
      "analytics/models-on-push-c4r8d-train undecided: PartOfPipelineRun (final)",
    ]
  `);
});

test('tekton/stuck', async () => {
  expect(await golden(stuck)).toMatchInlineSnapshot(`
    [
      "docs/print-6mk2s → PipelineRun docs/print-6mk2s: healthy",
      "analytics/import-2b9xk → PipelineRun analytics/import-2b9xk: major PipelineRunPending [stuck] PipelineRun import-2b9xk is stuck: it waits to be released",
      "analytics/models-on-push-c4r8d → PipelineRun analytics/models-on-push-c4r8d: major PodUnschedulable [stuck] PipelineRun models-on-push-c4r8d of models on main is stuck: the pod of a task finds no node in task train",
    ]
  `);
});

test('tekton/repository', async () => {
  expect(await golden(repository)).toMatchInlineSnapshot(`
    [
      "docs/handbook → Repository docs/handbook: major InvalidPipelineYaml [trigger] Pipelines-as-Code could not start a run of handbook: a file in .tekton/ is not valid",
      "docs/website → Repository docs/website: major GitAuthenticationFailed [trigger] Pipelines-as-Code could not start a run of website: the git server does not accept its credentials",
      "docs/brochure → Repository docs/brochure: healthy",
    ]
  `);
});
