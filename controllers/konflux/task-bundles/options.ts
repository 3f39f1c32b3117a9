import Joi from 'joi';
import type { Severity } from '../../index.ts';
import { duration, severity, urlTemplate } from '../../pipelines/option-parts.ts';

/** `with:` of faultline.yaml for `konflux/task-bundles`. */
export interface Options {
  policyNamespace: string;
  policy: string;
  warnBefore: string;
  migrationNotes: string;
  severity: { expired: Severity; expiring: Severity; outdated: Severity };
}

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

export const optionsSchema = Joi.object<Options, true>({
  policyNamespace: Joi.string()
    .pattern(NAME, 'a namespace name')
    .default('enterprise-contract-service')
    .description(
      'Where the policy is: its EnterpriseContractPolicy and its ConfigMaps. Nothing from elsewhere counts.',
    ),
  policy: Joi.string()
    .pattern(NAME, 'an object name')
    .default('default')
    .description('The EnterpriseContractPolicy whose ruleData count (trusted_tasks, trusted_task_rules).'),
  warnBefore: duration()
    .default('30d')
    .description('How long before its date a bundle counts as expiring; until then as outdated.'),
  migrationNotes: urlTemplate(['task', 'version'])
    .default('https://github.com/konflux-ci/build-definitions/blob/main/task/{task}/{version}/MIGRATION.md')
    .description('Where the migration notes of a task are; {task} and {version}, the newest one, are filled in.'),
  severity: Joi.object<Options['severity'], true>({
    expired: severity().default('major').description('A bundle is not trusted any more: releases fail.'),
    expiring: severity().default('minor').description('A bundle will not be trusted within `warnBefore`.'),
    outdated: severity().default('info').description('A bundle will not be trusted later than that.'),
  })
    .default()
    .description('How bad it is.'),
}).default();
