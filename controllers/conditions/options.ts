import Joi from 'joi';
import type { Severity } from '../index.ts';
import { duration } from '../states/options.ts';
import { FAMILIES_OF_PRESETS, PRESETS, type Preset, type PresetName } from './presets.ts';

/** `with:` of faultline.yaml for `conditions`, with what its preset says. */
export interface Options {
  readonly apiVersion: string[];
  readonly kind: string;
  readonly conditions: readonly ConditionRule[];
  readonly states: readonly StateRule[];
  readonly type: string;
  readonly for: string;
  readonly reconcilingFor: string;
  readonly terminatingFor: string;
}

/** When a condition is a finding. */
export interface ConditionRule {
  /** Of the condition; `*` is any that no other rule names. */
  readonly type: string;
  /** Statuses that are wrong; `Present`: it is enough that the condition is there. Default `['False']`. */
  readonly bad?: readonly string[];
  /** Only with these reasons. Default any. */
  readonly reasons?: readonly string[];
  /** Not with these. */
  readonly ignoreReasons?: readonly string[];
  /** How long it may be so. Default: the option `for`. */
  readonly for?: string;
  /** Default `major`. */
  readonly severity?: Severity;
}

/** When a word in the status is a finding, for kinds that say it outside of their conditions. */
export interface StateRule {
  /** Dotted path of the word: `status.health.status`. */
  readonly field: string;
  readonly bad: readonly string[];
  /** Dotted path of the time since when. Without one it counts at once. */
  readonly since?: string;
  /** Dotted path of what explains it. */
  readonly message?: string;
  readonly for?: string;
  readonly severity?: Severity;
}

/** As it is written: what is missing, the preset has. */
interface Written extends Partial<Omit<Options, 'apiVersion'>> {
  readonly preset?: PresetName;
  readonly apiVersion?: string | string[];
}

const severity = (): Joi.StringSchema => Joi.string().valid('critical', 'major', 'minor', 'info').default('major');
const names = (): Joi.ArraySchema => Joi.array().items(Joi.string().min(1).max(316)).max(100);
const path = (): Joi.StringSchema =>
  Joi.string()
    .max(253)
    .pattern(/^(status|spec|metadata)(\.[A-Za-z0-9_-]+)+$/, 'a dotted path such as status.health.status');

const condition = Joi.object({
  type: Joi.string().min(1).max(316).required(),
  bad: names().min(1).default(['False']),
  reasons: names(),
  ignoreReasons: names(),
  for: duration(),
  severity: severity(),
});

const state = Joi.object({
  field: path().required(),
  bad: names().min(1).required(),
  since: path(),
  message: path(),
  for: duration(),
  severity: severity(),
});

const version = (): Joi.StringSchema =>
  Joi.string()
    .max(316)
    .pattern(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?v[a-z0-9]+$/, 'an apiVersion such as example.com/v1');

export const optionsSchema: Joi.ObjectSchema<Options> = Joi.object({
  preset: Joi.string()
    .valid(...FAMILIES_OF_PRESETS.keys(), ...Object.keys(PRESETS))
    .description(
      'What is known of a kind, or of all kinds of a product, so that it need not be written; see [Presets](#presets).',
    ),
  apiVersion: Joi.alternatives(version(), Joi.array().items(version()).min(1)).description(
    'Of the kind, or several: the first that the cluster serves. Not needed where the preset names it.',
  ),
  kind: Joi.string()
    .max(63)
    .pattern(/^[A-Z][A-Za-z0-9]*$/, 'a kind such as Certificate')
    .description('Which objects are watched. Not needed where the preset names it.'),
  conditions: Joi.array()
    .items(condition)
    .max(50)
    .description(
      'Which conditions are a finding: `type`, `bad` statuses (default `[False]`; `Present`: that it is there), `reasons` or `ignoreReasons`, `for`, `severity`. Default: `Ready`, and those of the preset.',
    ),
  states: Joi.array()
    .items(state)
    .max(50)
    .description(
      'Words of the status that are a finding, for kinds that say it outside of conditions: `field`, `bad` words, `since` and `message` (paths), `for`, `severity`.',
    ),
  type: Joi.string()
    .min(1)
    .max(63)
    .description('`spec.type` of the issues. Default `workload`, and that of the preset.'),
  for: duration().description('How long something may be wrong. Default `5m`, and that of the preset.'),
  reconcilingFor: duration().description(
    'The same while the object says that it is being worked on (`Reconciling=True`). Default `15m`, and that of the preset.',
  ),
  terminatingFor: duration().description('How long an object may stay after it was deleted. Default `1h`.'),
})
  .required()
  .custom(complete, 'the preset');

/** One entry for each preset of a product, with what is written besides; undefined where there is nothing to expand. */
export function expand(given: Readonly<Record<string, unknown>>): Record<string, Record<string, unknown>> | undefined {
  const members = FAMILIES_OF_PRESETS.get(String(given.preset));
  // That is a contradiction, and said as one.
  if (members === undefined || 'kind' in given || 'apiVersion' in given) return undefined;
  return Object.fromEntries(Object.entries(members).map(([key, preset]) => [key, { ...given, preset }]));
}

function complete(written: Written, helpers: Joi.CustomHelpers): Options | Joi.ErrorReport {
  const { preset, ...own } = written;
  const members = FAMILIES_OF_PRESETS.get(String(preset));
  if (members !== undefined) {
    const presets = Object.values(members).join(', ');
    return helpers.message({
      custom: `the preset ${preset} is of several kinds, so it has no kind of yours: use one of ${presets}`,
    });
  }
  const { about: _, ...known }: Partial<Preset> = preset === undefined ? {} : PRESETS[preset];
  const merged = { ...DEFAULTS, ...known, ...own };
  const { apiVersion, kind } = merged as Written;
  if (apiVersion === undefined || kind === undefined) {
    const which = preset === undefined ? 'without a preset' : `the preset ${preset} is for many kinds`;
    return helpers.message({ custom: `needs apiVersion and kind: ${which}` });
  }
  return { ...merged, apiVersion: [apiVersion].flat() } as Options;
}

/** Not the schema's: what a preset says counts more than a default, and less than what is written. */
const DEFAULTS = {
  conditions: [{ type: 'Ready' }] satisfies ConditionRule[],
  states: [],
  type: 'workload',
  for: '5m',
  reconcilingFor: '15m',
  terminatingFor: '1h',
};
