import Joi from 'joi';
import { type Findings, parseDuration, type Severity } from '../index.ts';

/** What every controller of this plugin lets one choose. */
export interface FindingOptions {
  /** By reason. */
  readonly findings: Readonly<Partial<Record<string, Severity | 'ignore'>>>;
}

/** A duration such as `90s`, `15m`, `1h30m` or `14d`. */
export const duration = (): Joi.StringSchema =>
  Joi.string().custom((value: string, helpers) => {
    try {
      parseDuration(value);
      return value;
    } catch {
      return helpers.message({ custom: 'must be a duration such as 90s, 15m, 1h30m or 14d' });
    }
  }, 'a duration');

/** The option `findings`, with the reasons that this controller knows: any other is a fault. */
export function findingOptions<Reason extends string>({
  reasons,
}: Pick<Findings<Reason>, 'reasons'>): Joi.ObjectSchema {
  const choice = (): Joi.StringSchema => Joi.string().valid('critical', 'major', 'minor', 'info', 'ignore');
  return Joi.object(Object.fromEntries(reasons.map((reason) => [reason, choice()])))
    .default({})
    .description('Another severity by reason, or `ignore` to leave such findings out: `{OOMKilled: minor}`.');
}
