import { Gauge, type Registry } from 'prom-client';
import { FEATURE_NAMES, FEATURES, type FeatureGates, type FeatureName, isEnabled } from '../../crds/features.ts';

/** Whether a feature is on in this process; `faultline_feature_enabled{name, stage}` tells it. */
export function featureSwitch(gates: readonly FeatureGates[], registry: Registry): (name: FeatureName) => boolean {
  const gauge = new Gauge({
    name: 'faultline_feature_enabled',
    help: 'Features that may be switched: 1 on, 0 off.',
    labelNames: ['name', 'stage'] as const,
    registers: [registry],
  });
  for (const name of FEATURE_NAMES) gauge.set({ name, stage: FEATURES[name].stage }, isEnabled(name, ...gates) ? 1 : 0);
  return (name) => isEnabled(name, ...gates);
}
