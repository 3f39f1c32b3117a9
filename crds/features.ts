import Joi from 'joi';

/**
 * What may be switched on and off while it matures, as in Kubernetes: alpha is off unless it is switched on, beta is on unless
 * it is switched off, ga is on and its switch will go.
 */
export const STAGES = ['alpha', 'beta', 'ga'] as const;
export type Stage = (typeof STAGES)[number];

export interface Feature {
  readonly stage: Stage;
  /** The version in which it came into this stage. */
  readonly since: string;
  readonly description: string;
}

/** Features of the server. */
export const FEATURES = {
  IssueGroups: {
    ...{ stage: 'beta', since: '0.1' },
    description: 'What issues of several namespaces have in common: the resource issuegroups. Off: it is not served.',
  },
  IssueGauges: {
    ...{ stage: 'beta', since: '0.1' },
    description: 'faultline_issues at /metrics. Off: it is not counted.',
  },
  DebugEndpoints: {
    ...{ stage: 'beta', since: '0.1' },
    description: 'How a server is inside, at /debug, for whoever RBAC allows it. Off: the paths are not there.',
  },
  TextSearch: {
    ...{ stage: 'beta', since: '0.1' },
    description: 'The index of the search. Off: it is not kept; ?search= is 400 and /api/v1/search is 404.',
  },
} as const satisfies Readonly<Record<string, Feature>>;

export type FeatureName = keyof typeof FEATURES;
export const FEATURE_NAMES = Object.keys(FEATURES) as FeatureName[];
/** Switches of a whole stage; one feature's own is stronger. */
export const STAGE_SWITCHES = { AllAlpha: 'alpha', AllBeta: 'beta' } as const satisfies Readonly<Record<string, Stage>>;

/** What somebody switched. */
export type FeatureGates = Partial<Record<FeatureName | keyof typeof STAGE_SWITCHES, boolean>>;

/** Whether a feature is on. Later `gates` are stronger than earlier ones, and a feature's own switch than that of its stage. */
export function isEnabled(name: FeatureName, ...gates: readonly FeatureGates[]): boolean {
  return enabledIn(FEATURES, name, gates);
}

/** The same of any table. */
export function enabledIn(
  features: Readonly<Record<string, Feature>>,
  name: string,
  gates: readonly Readonly<Record<string, boolean | undefined>>[],
): boolean {
  const stage = features[name]?.stage;
  const said = (key: string) => gates.findLast((one) => one[key] !== undefined)?.[key];
  const ofStage = Object.entries(STAGE_SWITCHES).find(([, each]) => each === stage)?.[0];
  if (stage === 'ga') return true;
  return said(name) ?? (ofStage === undefined ? undefined : said(ofStage)) ?? stage === 'beta';
}

export const featureGatesSchema = Joi.object<FeatureGates>({
  ...Object.fromEntries(
    (Object.entries(FEATURES) as [string, Feature][]).map(([name, { stage, description }]) => [
      name,
      (stage === 'ga' ? Joi.boolean().valid(true) : Joi.boolean()).description(`${stage}. ${description}`),
    ]),
  ),
  AllAlpha: Joi.boolean().description('All features in alpha, which are off by default.'),
  AllBeta: Joi.boolean().description('All features in beta, which are on by default.'),
}).description('Features that are switched on or off; --feature-gates is stronger. Default: none.');
