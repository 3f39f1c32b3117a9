import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** docs/roles.md: what every role of the manifests may do, as they say it, and who has it. */
const FILES = ['manifests/base/rbac.yaml', 'manifests/logs/rbac.yaml', 'manifests/monitoring/access.yaml'];

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

interface Described {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[];
  /** What stands above it in the file. */
  readonly comment: string;
}

const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

export function rolesPage(root: string): string {
  const objects = FILES.filter((file) => existsSync(join(root, file))).flatMap((file) => described(root, file));
  const roles = objects.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');
  return `# Roles

<!-- Written by \`npm run generate\` from manifests/. -->

What every role that the manifests install may do, and who has it. No role of ours deletes or updates an issue: there is no such verb.

${roles.map((role) => section(role, objects)).join('\n')}`;
}

function described(root: string, file: string): Described[] {
  return parseAllDocuments(readFileSync(join(root, file), 'utf8')).map((document) => {
    const first = (document.contents as { commentBefore?: string } | null)?.commentBefore;
    const comment = (first ?? document.commentBefore ?? '').replace(/^ /gm, '').replace(/\s+/g, ' ').trim();
    return { ...(document.toJS() as Omit<Described, 'comment'>), comment };
  });
}

function section(role: Described, objects: readonly Described[]): string {
  const { kind, metadata, rules = [], comment } = role;
  const where = metadata.namespace === undefined ? '' : ` in \`${metadata.namespace}\``;
  const lines = rules.map((rule) => `| ${what(rule)} | ${rule.verbs.map((verb) => `\`${verb}\``).join(' ')} |`);
  return [
    `## ${metadata.name}`,
    '',
    `${kind}${where}. ${comment === '' ? '' : `${comment} `}Has it: ${holders(role, objects)}.`,
    '',
    ...(lines.length === 0 ? [] : ['| what | verbs |', '| --- | --- |', ...lines, '']),
  ].join('\n');
}

function what({ apiGroups = [], resources = [], resourceNames, nonResourceURLs }: Rule): string {
  if (nonResourceURLs) return nonResourceURLs.map((url) => `\`${url}\``).join(' ');
  const names = resources.flatMap((resource) =>
    apiGroups.map((group) => `\`${group === '' ? resource : `${resource}.${group}`}\``),
  );
  return `${names.join(' ')}${resourceNames ? `, only ${resourceNames.map((name) => `\`${name}\``).join(' ')}` : ''}`;
}

function holders({ kind, metadata }: Described, objects: readonly Described[]): string {
  const aggregated = Object.keys(metadata.labels ?? {})
    .filter((label) => label.startsWith(AGGREGATE))
    .map((label) => `whoever has \`${label.slice(AGGREGATE.length)}\``);
  const bound = objects
    .filter(({ roleRef }) => roleRef?.kind === kind && roleRef.name === metadata.name)
    .flatMap(({ subjects = [] }) => subjects.map((subject) => `${subject.kind} \`${subject.name}\``));
  const all = [...new Set([...aggregated, ...bound])];
  return all.length === 0 ? 'nobody, until you bind it' : all.join(', ');
}
