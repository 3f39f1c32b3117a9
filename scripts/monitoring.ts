import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { dashboard } from './dashboard.ts';

const ROOT = join(import.meta.dirname, '..');
const RULES = 'manifests/monitoring/rules.yaml';

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Of a rules file of Prometheus. */
export function rulesOf(file = RULES): Rule[] {
  const { groups } = parse(readFileSync(join(ROOT, file), 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** What manifests/monitoring has for the operator of Prometheus and for Grafana; the rules are written by hand. */
export function monitoringFiles(): [string, string][] {
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'faultline', labels: { 'app.kubernetes.io/name': 'faultline' } },
    spec: parse(readFileSync(join(ROOT, RULES), 'utf8')) as object,
  };
  return [
    [
      'manifests/monitoring/prometheusrule.yaml',
      `# Written by npm run generate from rules.yaml.\n${stringify(rule, { lineWidth: 0, aliasDuplicateObjects: false })}`,
    ],
    ['manifests/monitoring/dashboard.json', `${JSON.stringify(dashboard(), null, 2)}\n`],
  ];
}
