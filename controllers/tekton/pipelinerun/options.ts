import Joi from 'joi';
import { parseDuration, type Severity } from '../../index.ts';

/** `with:` of faultline.yaml for `tekton/pipelinerun`. */
export interface Options {
  consoleURL?: string;
  severity: Record<SeverityOption, Severity>;
  branchExpiry: string;
  pullRequestExpiry: string;
  overrides: Override[];
}

/** What `overrides` sets for the runs that carry all of its labels. */
export interface Override {
  labels: Record<string, string>;
  severity?: Severity;
  type?: string;
  stage?: string;
  origin?: string;
}

const SEVERITY_OPTIONS = ['build', 'test', 'release', 'pipeline', 'pullRequest', 'optional'] as const;
type SeverityOption = (typeof SEVERITY_OPTIONS)[number];

export const PLACEHOLDERS = ['namespace', 'name', 'application', 'component'] as const;

const severity = (): Joi.StringSchema<Severity> => Joi.string<Severity>().valid('critical', 'major', 'minor', 'info');

const duration = (): Joi.StringSchema =>
  Joi.string().custom((value: string, helpers) => {
    try {
      parseDuration(value);
      return value;
    } catch {
      return helpers.message({ custom: 'must be a duration such as 90s, 15m, 1h30m or 14d' });
    }
  }, 'a duration');

const template = Joi.string()
  .max(2_048)
  .custom((value: string, helpers) => {
    if (!/^https?:\/\/[^/{}\s]+/.test(value)) {
      return helpers.message({ custom: 'must begin with http:// or https:// and a host' });
    }
    const names = [...value.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name);
    if (names.every(isPlaceholder)) return value;
    // No braces: Joi would take them for placeholders of its own.
    return helpers.message({ custom: `has an unknown placeholder; known are ${PLACEHOLDERS.join(', ')}, in braces` });
  }, 'a URL template');

function isPlaceholder(name: string | undefined): boolean {
  return PLACEHOLDERS.some((one) => one === name);
}

const labelValue = (): Joi.StringSchema =>
  Joi.string()
    .max(63)
    .pattern(/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/, 'a label value');

export const optionsSchema = Joi.object<Options, true>({
  consoleURL: template.description(
    'Link to the run in a web console; {namespace}, {name}, {application} and {component} are filled in.',
  ),
  severity: Joi.object<Options['severity'], true>({
    build: severity().default('major').description('A build that is not of a pull request.'),
    test: severity().default('major').description('A required integration test that is not of a pull request.'),
    release: severity().default('critical').description('A release pipeline.'),
    pipeline: severity().default('major').description('Any other pipeline.'),
    pullRequest: severity().default('minor').description('Anything of a pull request: it stops one change only.'),
    optional: severity().default('minor').description('A test whose scenario is labelled optional.'),
  })
    .default()
    .description('How bad a failure is, by what failed.'),
  branchExpiry: duration()
    .default('90d')
    .description("A branch's failure resolves as Expired when no run followed for so long."),
  pullRequestExpiry: duration()
    .default('14d')
    .description('The same for pull requests and for runs that have no lasting name.'),
  overrides: Joi.array()
    .items(
      Joi.object<Override, true>({
        labels: Joi.object()
          .pattern(Joi.string(), Joi.string().allow(''))
          .min(1)
          .required()
          .description('Labels that a run must carry, all of them; the value * is any value.'),
        severity: severity(),
        type: Joi.string().min(1).max(63),
        stage: labelValue(),
        origin: labelValue(),
      }),
    )
    .default([])
    .description(
      'Severity, type, stage or origin of runs with certain labels. The first that matches decides, by field.',
    ),
}).default();
