import { EXPLANATION_NAMES } from '../../../crds/explanation.ts';
import { ISSUE_ACKNOWLEDGEMENT_NAMES } from '../../../crds/issue-acknowledgement.ts';
import { ISSUE_ASSIGNMENT_NAMES } from '../../../crds/issue-assignment.ts';
import { ISSUE_COMMENT_NAMES } from '../../../crds/issue-comment.ts';
import { ISSUE_DUE_DATE_NAMES } from '../../../crds/issue-due-date.ts';
import { ISSUE_EVIDENCE_NAMES } from '../../../crds/issue-evidence.ts';
import { ISSUE_GROUP_NAMES } from '../../../crds/issue-group.ts';
import { ISSUE_RELATIVES_NAMES } from '../../../crds/issue-relatives.ts';
import { ISSUE_REPORT_NAMES } from '../../../crds/issue-report.ts';
import { ISSUE_RESOLUTION_NAMES } from '../../../crds/issue-resolution.ts';
import { ISSUE_SNOOZE_NAMES } from '../../../crds/issue-snooze.ts';
import { ISSUE_STATISTICS_NAMES } from '../../../crds/issue-statistics.ts';
import { ISSUE_TIMELINE_NAMES } from '../../../crds/issue-timeline.ts';
import { ISSUE_NAMES } from '../../../crds/issue-words.ts';
import { DNS_LABEL } from '../../../crds/names.ts';
import { isSubresourceName, type ResourceModule } from '../../kube/index.ts';

/** Names of the group that a configuration cannot take: the product's own, now and later (design.md "Names that are fixed"). */
const TAKEN = [
  ISSUE_NAMES,
  ISSUE_REPORT_NAMES,
  ISSUE_GROUP_NAMES,
  ISSUE_STATISTICS_NAMES,
  EXPLANATION_NAMES,
  { plural: 'sources', singular: 'source', kind: 'Source', shortNames: [] },
];

/** Kinds of what is posted to issues, and read beside them; they have no plural. */
const TAKEN_KINDS = [
  ...[ISSUE_RESOLUTION_NAMES, ISSUE_ACKNOWLEDGEMENT_NAMES, ISSUE_SNOOZE_NAMES, ISSUE_ASSIGNMENT_NAMES],
  ...[ISSUE_DUE_DATE_NAMES, ISSUE_COMMENT_NAMES, ISSUE_EVIDENCE_NAMES, ISSUE_TIMELINE_NAMES, ISSUE_RELATIVES_NAMES],
].map(({ kind }) => kind);

const KIND = /^[A-Z][A-Za-z0-9]{0,62}$/;
const FIELDS = ['spec', 'status'];
const TYPES = ['string', 'integer', 'number', 'boolean', 'date'];

/**
 * What is wrong with what a module exports as its resource, by shape and never `instanceof`: it may come with its own copy
 * of our types, or with none. Nothing, and it is a ResourceModule.
 */
export function moduleFaults(module: unknown): string[] {
  if (!isRecord(module)) return ['has no resource as its default export: export default defineResource({…})'];
  const faults: string[] = [];
  const check = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault);
  };
  check(module.apiVersion === 'resource/v1', 'its apiVersion must be "resource/v1"');
  check(typeof module.kind === 'string' && KIND.test(module.kind), 'its kind must be a Kind such as "Deploy"');
  check(isName(module.plural), 'its plural must be a name such as "deploys": a-z, 0-9 and -');
  check(module.singular === undefined || isName(module.singular), 'its singular must be a name such as "deploy"');
  for (const names of ['shortNames', 'categories'] as const) {
    const list = module[names];
    check(list === undefined || (Array.isArray(list) && list.every(isName)), `its ${names} must be a list of names`);
  }
  check(!listOf(module.categories).includes('all'), 'its categories must not name "all"');
  check(
    module.namespaced === undefined || typeof module.namespaced === 'boolean',
    'its namespaced must be true or false',
  );
  check(typeof module.description === 'string' && module.description !== '', 'its description must be a sentence');
  check(module.options === undefined || isSchema(module.options), 'its options must be a Joi schema: Joi.object({…})');
  check(typeof module.feed === 'function', 'its feed must be a function');
  faults.push(...schemaFaults(module.schema), ...columnFaults(module.columns), ...fieldFaults(module.selectableFields));
  faults.push(...actionFaults(module.actions, module.kind));
  return faults;
}

/** Names that this resource shares with the product or with one of `others`: kubectl could not tell them apart. */
export function nameFaults(
  module: ResourceModule,
  others: readonly { readonly module: ResourceModule; readonly path: string }[],
): string[] {
  const known = [
    ...TAKEN.map((names) => ({ ...knownOf(names), whose: `Faultline's own ${names.plural}` })),
    ...TAKEN_KINDS.map((kind) => ({ names: [kind.toLowerCase()], list: '', whose: `Faultline's own ${kind}` })),
    ...others.map(({ module: other, path }) => ({ ...knownOf(other), whose: path })),
  ];
  const own = knownOf(module);
  // Whose kinds are equal, their lists' kinds are too: that is told once.
  const clashes = [
    ...own.names.map((name) => ({ name, taken: known.find(({ names, list }) => [...names, list].includes(name)) })),
    { name: own.list, taken: known.find(({ names }) => names.includes(own.list)) },
  ];
  return clashes.flatMap(({ name, taken }) => (taken ? [`the name "${name}" is taken by ${taken.whose}`] : []));
}

function knownOf(module: Pick<ResourceModule, NameKeys>): { readonly names: readonly string[]; readonly list: string } {
  return { names: namesOf(module), list: `${module.kind}List`.toLowerCase() };
}

function namesOf({ kind, plural, singular, shortNames = [], actions = [] }: Pick<ResourceModule, NameKeys>): string[] {
  const posted = actions.map((action) => action.kind.toLowerCase());
  return [...new Set([kind.toLowerCase(), plural, singular ?? kind.toLowerCase(), ...shortNames, ...posted])];
}

type NameKeys = 'kind' | 'plural' | 'singular' | 'shortNames' | 'actions';

function schemaFaults(schema: unknown): string[] {
  if (!isRecord(schema) || Object.keys(schema).length === 0) {
    return ['its schema must name its fields: { spec: Joi.object({…}) }'];
  }
  return Object.entries(schema).flatMap(([field, one]) => {
    if (!FIELDS.includes(field)) return [`its schema.${field} is none of ${FIELDS.join(' and ')}`];
    return isSchema(one) ? [] : [`its schema.${field} must be a Joi schema: Joi.object({…})`];
  });
}

function columnFaults(columns: unknown): string[] {
  if (!Array.isArray(columns)) return ['its columns must be a list; [] shows NAME and AGE'];
  return columns.flatMap((column: unknown, index) => {
    if (!isRecord(column) || typeof column.name !== 'string' || typeof column.cell !== 'function') {
      return [`its columns[${index}] must have a name, a description and a function cell`];
    }
    if (column.type === undefined || TYPES.includes(String(column.type))) return [];
    return [`its columns[${index}].type must be one of ${TYPES.join(', ')}`];
  });
}

function fieldFaults(fields: unknown): string[] {
  if (fields === undefined) return [];
  if (!isRecord(fields)) return ['its selectableFields must be functions by path: { "spec.color": (object) => … }'];
  return Object.entries(fields)
    .filter(([path, read]) => !/^(spec|status)\.[A-Za-z0-9_.-]+$/.test(path) || typeof read !== 'function')
    .map(([path]) => `its selectableFields["${path}"] must be a function, by a path below spec or status`);
}

function actionFaults(actions: unknown, kind: unknown): string[] {
  if (actions === undefined) return [];
  if (!Array.isArray(actions)) return ['its actions must be a list'];
  const [names, kinds] = [new Set<unknown>(), new Set<unknown>([kind])];
  return actions.flatMap((action: unknown, index) => {
    const at = `its actions[${index}]`;
    if (!isRecord(action)) return [`${at} must have a name, a kind, a description and a function perform`];
    const { name, kind: posted, description, spec, status, perform } = action;
    const faults = [
      isSubresourceName(name) && !names.has(name)
        ? ''
        : `${at}.name must be a verb such as "extend", each once: ${RULE}`,
      typeof posted === 'string' && KIND.test(posted) && !kinds.has(posted)
        ? ''
        : `${at}.kind must be a Kind of its own, such as "FreezeExtension"`,
      typeof description === 'string' && description !== '' ? '' : `${at}.description must be a sentence`,
      spec === undefined || isSchema(spec) ? '' : `${at}.spec must be a Joi schema: Joi.object({…})`,
      status === undefined || isSchema(status) ? '' : `${at}.status must be a Joi schema: Joi.object({…})`,
      typeof perform === 'function' ? '' : `${at}.perform must be a function`,
    ];
    names.add(name);
    kinds.add(posted);
    return faults.filter((fault) => fault !== '');
  });
}

const RULE = 'lower-case letters, digits and -, and none of attach, exec, log, portforward, proxy';

function isName(value: unknown): boolean {
  return typeof value === 'string' && DNS_LABEL.test(value);
}

function isSchema(value: unknown): boolean {
  return isRecord(value) && typeof value.validate === 'function' && isRecord(value['~standard']);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
