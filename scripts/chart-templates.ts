import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';

/**
 * The templates of the chart that depend on nothing but its namespace, made from the files that kustomize reads. The others
 * are written by hand, and an end-to-end test compares all of them with what the overlays render to.
 */
const NAMESPACE = 'faultline-system';
const LABELS = { 'app.kubernetes.io/part-of': 'faultline' };

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly labels?: object; readonly annotations?: object };
}

/** What else is generated, and that the chart holds. */
export interface Derived {
  /** The texts of the CustomResourceDefinitions. */
  readonly definitions: readonly string[];
  /** Path in the repository → content, of `manifests/monitoring`. */
  readonly monitoring: ReadonlyMap<string, string>;
}

/** Path in the repository → content. */
export function chartTemplates(root: string, { definitions, monitoring }: Derived): [string, string][] {
  const base = (name: string): Manifest[] => read(textOf(join(root, 'manifests/base', name)));
  const crds = definitions.flatMap(read).map((crd) => annotated(crd, { 'helm.sh/resource-policy': 'keep' }));
  return [
    ['rbac.yaml', template('manifests/base/rbac.yaml', base('rbac.yaml'))],
    [
      'admission.yaml',
      onlyIf('admissionPolicies.enabled', template('manifests/base/admission.yaml', base('admission.yaml'))),
    ],
    ['crds.yaml', onlyIf('crds.install', template('crds/generated', crds))],
    [
      'monitoring.yaml',
      onlyIf('monitoring.enabled', template('manifests/monitoring', monitoringObjects(root, monitoring))),
    ],
  ].map(([name, content]) => [`manifests/chart/templates/${name}`, content as string]);
}

/** What the kustomization of `manifests/monitoring` makes. */
function monitoringObjects(root: string, generated: ReadonlyMap<string, string>): Manifest[] {
  const text = (name: string): string => {
    const path = `manifests/monitoring/${name}`;
    return generated.get(path) ?? textOf(join(root, path));
  };
  const dashboard = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'faultline-dashboard', labels: { grafana_dashboard: '1' } },
    data: { 'dashboard.json': text('dashboard.json') },
  };
  const objects = ['access.yaml', 'monitors.yaml', 'prometheusrule.yaml'].flatMap((name) => read(text(name)));
  return [...objects, dashboard].map((object) =>
    object.kind.startsWith('Cluster') ? object : { ...object, metadata: { ...object.metadata, namespace: NAMESPACE } },
  );
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // of a folder that is not the repository everything is out of date
  }
}

function read(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((one) => one !== null);
}

function annotated(object: Manifest, annotations: object): Manifest {
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } },
  };
}

function template(source: string, objects: readonly Manifest[]): string {
  const labelled = objects.map((object) => ({
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...LABELS } },
  }));
  const documents = labelled.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
  const text = documents.join('---\n');
  // What is no template must not look like one.
  const literal = text.replaceAll('{{', '{{ "{{" }}');
  return `# Written by npm run generate from ${source}.\n${literal.replaceAll(NAMESPACE, '{{ .Release.Namespace }}')}`;
}

function onlyIf(value: string, text: string): string {
  return `{{- if .Values.${value} }}\n${text}{{- end }}\n`;
}
