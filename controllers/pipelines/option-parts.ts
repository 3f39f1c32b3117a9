import Joi from 'joi';
import type { Severity } from '../index.ts';
import { duration } from '../states/options.ts';

export { duration };

/** Parts of the options of several controllers. */

export const PLACEHOLDERS = ['namespace', 'name', 'application', 'component'] as const;

export const severity = (): Joi.StringSchema<Severity> =>
  Joi.string<Severity>().valid('critical', 'major', 'minor', 'info');

/** A URL with `{placeholders}` of these names. */
export const urlTemplate = (placeholders: readonly string[] = PLACEHOLDERS): Joi.StringSchema =>
  Joi.string()
    .max(2_048)
    .custom((value: string, helpers) => {
      if (!/^https?:\/\/[^/{}\s]+/.test(value)) {
        return helpers.message({ custom: 'must begin with http:// or https:// and a host' });
      }
      const names = [...value.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name ?? '');
      if (names.every((name) => placeholders.includes(name))) return value;
      // No braces: Joi would take them for placeholders of its own.
      return helpers.message({ custom: `has an unknown placeholder; known are ${placeholders.join(', ')}, in braces` });
    }, 'a URL template');

export const consoleURL = (): Joi.StringSchema =>
  urlTemplate().description(
    'Link to the run in a web console; {namespace}, {name}, {application} and {component} are filled in.',
  );

export const labelValue = (): Joi.StringSchema =>
  Joi.string()
    .max(63)
    .pattern(/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/, 'a label value');

export const branchExpiry = (): Joi.StringSchema =>
  duration().default('90d').description("A branch's failure resolves as Expired when no run followed for so long.");

export const pullRequestExpiry = (): Joi.StringSchema =>
  duration().default('14d').description('The same for pull requests and for runs that have no lasting name.');
