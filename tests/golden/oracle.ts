import type { Issue } from '../../crds/issue.ts';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { ELSEWHERE, SAMPLES } from './issues.ts';

/** The group of the CRDs that say what a built-in resource answers; ours is `faultline.dev`. */
export const ORACLE_GROUP = 'oracle.dev';
export const ORACLE = `/apis/${ORACLE_GROUP}/v1alpha1`;

const COLUMNS = [
  ['Severity', '.spec.severity'],
  ['Type', '.spec.type'],
  ['State', '.status.state'],
  ['Since', '.status.openedAt', 'date'],
  ['Title', '.spec.title'],
] as const;

/** Custom resources of the same shape as issues and issuereports, and the same issues in them. */
export async function createOracle(plane: ControlPlane): Promise<void> {
  await createDefinition(plane, {
    names: {
      plural: 'issues',
      singular: 'issue',
      kind: 'Issue',
      listKind: 'IssueList',
      shortNames: ['iss'],
      categories: ['faultline'],
    },
    selectableFields: [
      { jsonPath: '.status.state' },
      { jsonPath: '.spec.severity' },
      { jsonPath: '.spec.type' },
      { jsonPath: '.spec.source' },
      { jsonPath: '.spec.reason' },
      { jsonPath: '.spec.subject.kind' },
      { jsonPath: '.spec.subject.name' },
      { jsonPath: '.status.observed.name' },
    ],
    columns: COLUMNS,
  });
  await createDefinition(plane, {
    names: { plural: 'issuereports', singular: 'issuereport', kind: 'IssueReport', listKind: 'IssueReportList' },
    selectableFields: [],
    columns: [],
  });
  for (const issue of [...SAMPLES, ELSEWHERE]) await createIssue(plane, issue);
}

async function createIssue(plane: ControlPlane, { metadata, spec, status }: Issue): Promise<void> {
  const { name, namespace, labels } = metadata;
  const body = {
    apiVersion: `${ORACLE_GROUP}/v1alpha1`,
    kind: 'Issue',
    metadata: { name, namespace, ...(labels && { labels }) },
    spec,
    status,
  };
  await ok(plane, `${ORACLE}/namespaces/${namespace}/issues`, body);
}

interface Definition {
  readonly names: { readonly plural: string; readonly [field: string]: unknown };
  readonly selectableFields: readonly { jsonPath: string }[];
  readonly columns: readonly (readonly [name: string, jsonPath: string, type?: string])[];
}

async function createDefinition(plane: ControlPlane, { names, selectableFields, columns }: Definition): Promise<void> {
  const text = { type: 'string' };
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const named = { ...open, properties: { kind: text, name: text } };
  const spec = {
    ...open,
    properties: { severity: text, type: text, source: text, reason: text, title: text, subject: named },
  };
  const status = { ...open, properties: { state: text, openedAt: { ...text, format: 'date-time' }, observed: named } };
  const version = {
    name: 'v1alpha1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
    ...(selectableFields.length > 0 && { selectableFields }),
    ...(columns.length > 0 && {
      additionalPrinterColumns: columns.map(([name, jsonPath, type = 'string']) => ({ name, jsonPath, type })),
    }),
  };
  await ok(plane, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${ORACLE_GROUP}` },
    spec: { group: ORACLE_GROUP, scope: 'Namespaced', names, versions: [version] },
  });
  await untilServed(plane, `${ORACLE}/${names.plural}`);
}

async function untilServed(plane: ControlPlane, path: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while ((await plane.request(path)).status !== 200) {
    if (Date.now() > deadline) throw new Error(`${path} is not served`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function ok(plane: ControlPlane, path: string, body: unknown): Promise<void> {
  const answer = await plane.request(path, { method: 'POST', body });
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.body}`);
}

/** Compacts etcd up to a number, as the API server does every five minutes. */
export async function forgetThePast(plane: ControlPlane, revision: string): Promise<void> {
  const { status } = await fetch(`${plane.etcdUrl}/v3/kv/compaction`, {
    method: 'POST',
    body: JSON.stringify({ revision, physical: true }),
  });
  if (status !== 200) throw new Error(`compaction of etcd: ${status}`);
}
