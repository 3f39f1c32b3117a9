import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILT_INS } from '../cli/configuration/controllers.ts';
import type { ControllerDefinition, ControllerTemplate, Reads, Watches } from '../controllers/index.ts';
import { defaultName } from '../controllers/runtime/loader.ts';
import { groupOf } from '../crds/meta.ts';
import { pluralOf } from '../crds/plural.ts';
import { optionsTable } from './options-table.ts';

/**
 * `docs/controllers/`: a page for each built-in controller, from its definition. Where a page exists, only what is between
 * the markers is written: what people add above and below stays.
 */
const FOLDER = 'docs/controllers';
const BEGIN = '<!-- generated: begin -->';
const END = '<!-- generated: end -->';

type Exported = ControllerDefinition | ControllerTemplate;

/** Path in the repository → content, for the pages and their index. `root`: where existing pages are. */
export async function controllerPages(root: string): Promise<[string, string][]> {
  const controllers = await Promise.all(
    [...BUILT_INS].map(async ([use, load]) => ({ use, definition: await definitionOf(use, load) })),
  );
  const pages = controllers.map(({ use, definition }): [string, string] => {
    const path = `${FOLDER}/${defaultName(use)}.md`;
    return [path, pageOf(use, definition, existing(join(root, path)))];
  });
  return [...pages, [`${FOLDER}/README.md`, indexPage(controllers)]];
}

async function definitionOf(use: string, load: () => Promise<unknown>): Promise<Exported> {
  const { default: definition } = (await load()) as { default: Exported };
  if (definition.documentation === undefined)
    throw new Error(`${use} has no documentation: add a summary and findings`);
  return definition;
}

function pageOf(use: string, definition: Exported, page: string | undefined): string {
  const written = page ?? `# ${use}\n\n${BEGIN}\n${END}\n`;
  const [from, to] = [written.indexOf(BEGIN), written.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`the page of ${use} lacks the markers ${BEGIN} and ${END}`);
  // Where somebody wrote an introduction, the summary would say the same again.
  const isBare = written.slice(0, from).trim().split('\n').length === 1;
  const parts = [...(isBare ? [definition.documentation?.summary] : []), generatedPart(definition)].join('\n\n');
  const block = `${BEGIN}\n<!-- Written by \`npm run generate\` from the controller's definition. -->\n\n${parts}\n`;
  return `${written.slice(0, from)}${block}${written.slice(to)}`;
}

function generatedPart(definition: Exported): string {
  const { documentation, options } = definition;
  return [
    '## Findings',
    findingsTable(documentation?.findings ?? []),
    '## Options',
    options === undefined ? 'None.' : optionsTable(options),
    ...(documentation?.details === undefined ? [] : [documentation.details]),
    '## What it watches and reads',
    ...('create' in definition ? [OF_OPTIONS] : kindsAndRights(definition)),
  ].join('\n\n');
}

const OF_OPTIONS =
  'Watches the kind that its options name, and reads nothing else; order `state`, its deletion resolves its issues. It needs `get`, `list` and `watch` of that kind.';

function kindsAndRights(definition: ControllerDefinition): string[] {
  return [
    kindsOf(definition),
    'It needs these rights, in a ClusterRole or, with `namespaces:` by name, in a Role in each of them (`faultline rbac` prints those of a whole configuration):',
    `\`\`\`yaml\nrules:\n${rulesOf(definition).map(ruleLine).join('\n')}\n\`\`\``,
  ];
}

/** What all have alike is said once. */
function findingsTable(findings: NonNullable<ControllerDefinition['documentation']>['findings']): string {
  const columns = {
    severity: findings.map(({ severity }) => codes(severity)),
    type: findings.map(({ type }) => codes(type)),
    key: findings.map(({ key }) => codes(key)),
  };
  const isCommon = (cells: readonly string[]): boolean => cells.length > 1 && new Set(cells).size === 1;
  const common = Object.entries(columns).filter(([, cells]) => isCommon(cells));
  const own = Object.entries(columns).filter(([, cells]) => !isCommon(cells));
  const rows = findings.map(({ reason, meaning, remedy }, index) => [
    reason === '*' ? 'any other' : codes(reason),
    ...own.map(([, cells]) => cells[index] ?? ''),
    remedy === undefined ? meaning : `${meaning} _${remedy}_`,
  ]);
  const said = common.map(([name, cells]) => `${name} ${cells[0]}`).join('; ');
  const head = ['reason', ...own.map(([name]) => name), 'meaning'];
  return `${said === '' ? '' : `All of them: ${said}.\n\n`}${table(head, rows)}`;
}

function codes(words: string | readonly string[]): string {
  return [words]
    .flat()
    .map((word) => `\`${word}\``)
    .join(', ');
}

function kindsOf({ watches, reads = [], order, onDelete }: ControllerDefinition): string {
  const deletion = onDelete === 'resolve' ? 'its deletion resolves its issues' : 'its deletion says nothing';
  const labels = watches.labelSelector === undefined ? '' : `, only with the labels \`${watches.labelSelector}\``;
  const selector = watches.fieldSelector === undefined ? labels : `${labels}, only with \`${watches.fieldSelector}\``;
  const watched = `Watches ${kindWords(watches)}${selector}; order \`${order}\`, ${deletion}.`;
  if (reads.length === 0) return watched;
  const lines = reads.map((read) => {
    const notes = [
      ...(read.labelSelector ? [`only with the labels \`${read.labelSelector}\``] : []),
      ...(read.fieldSelector ? [`only with \`${read.fieldSelector}\``] : []),
      ...(read.ownedByObject ? ['those that the watched objects own'] : []),
      ...(read.optional ? ['optional: without the right it looks on without them'] : []),
    ];
    return `- ${kindWords(read)}${notes.length === 0 ? '' : `: ${notes.join('; ')}`}`;
  });
  return `${watched} Reads:\n\n${lines.join('\n')}\n\nKinds that a cluster does not have are waited for and hold nothing up.`;
}

function kindWords({ apiVersion, kind }: Watches | Reads): string {
  return `${kind} (${[apiVersion]
    .flat()
    .map((version) => `\`${version}\``)
    .join(', else ')})`;
}

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** One rule an API group. */
function rulesOf({ watches, reads = [], logs }: ControllerDefinition): Rule[] {
  const resources = new Map<string, Set<string>>();
  for (const { apiVersion, kind } of [watches, ...reads]) {
    const group = groupOf([apiVersion].flat()[0] ?? '');
    resources.set(group, (resources.get(group) ?? new Set()).add(pluralOf(kind)));
  }
  const rules = [...resources].map(([group, names]) => ({
    apiGroups: [group],
    resources: [...names],
    verbs: ['list', 'watch'],
  }));
  return logs === true ? [...rules, { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] }] : rules;
}

function ruleLine({ apiGroups, resources, verbs }: Rule): string {
  const list = (names: readonly string[]): string => `[${names.map((name) => name || '""').join(', ')}]`;
  return `  - { apiGroups: ${list(apiGroups)}, resources: ${list(resources)}, verbs: ${list(verbs)} }`;
}

function indexPage(controllers: readonly { use: string; definition: Exported }[]): string {
  const rows = controllers.map(({ use, definition }) => [
    `[\`${use}\`](${defaultName(use)}.md)`,
    'create' in definition ? 'any kind' : definition.watches.kind,
    definition.documentation?.summary ?? '',
    reasonsOf(definition),
  ]);
  return `# Built-in controllers

<!-- Written by \`npm run generate\`. -->

Named in \`faultline.yaml\` under \`controllers:\` by \`use\`. Each page lists the findings that the controller can make, its
options and the rights it needs. One of your own: [Write a controller](../write-a-controller.md).

${table(['use', 'watches', 'what for', 'reasons'], rows)}
`;
}

const MAX_REASONS = 20;

/** A controller with more of them has its own page for that. */
function reasonsOf({ documentation }: Exported): string {
  const reasons = (documentation?.findings ?? []).map(({ reason }) => reason).filter((reason) => reason !== '*');
  const shown = reasons.length > MAX_REASONS ? reasons.slice(0, 5) : reasons;
  const more = reasons.length > shown.length ? `, and ${reasons.length - shown.length} more` : '';
  return `${codes(shown)}${more}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function existing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
