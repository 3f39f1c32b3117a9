import { FEATURE_NAMES, FEATURES, type FeatureGates, STAGE_SWITCHES } from '../crds/features.ts';
import type { Flag } from './command.ts';
import { didYouMean } from './suggest.ts';

export const FEATURE_GATES_FLAG: Flag = {
  spelling: '--feature-gates <name=true|false,…>',
  description: `Features to switch on or off: ${FEATURE_NAMES.map((name) => `${name} (${FEATURES[name].stage})`).join(', ')}, AllAlpha, AllBeta.`,
};

const KNOWN: readonly string[] = [...FEATURE_NAMES, ...Object.keys(STAGE_SWITCHES)];

/** `IssueGroups=false,AllAlpha=true`, with everything that is wrong with it. */
export function parseFeatureGates(text = ''): { readonly gates: FeatureGates; readonly faults: readonly string[] } {
  const gates: Record<string, boolean> = {};
  const faults: string[] = [];
  for (const pair of text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')) {
    const [name = '', value = ''] = pair.split('=');
    if (!KNOWN.includes(name))
      faults.push(`--feature-gates: no feature is called ${JSON.stringify(name)}${didYouMean(name, KNOWN)}`);
    else if (value !== 'true' && value !== 'false') faults.push(`--feature-gates: ${name} must be true or false`);
    else gates[name] = value === 'true';
  }
  return { gates, faults };
}
