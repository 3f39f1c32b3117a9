import type { InputFault } from '../../crds/report.ts';
import { causeOf } from './backend.ts';
import { parseFieldSelector } from './field-selector.ts';
import { parseLabelSelector } from './label-selector.ts';
import { isRecord } from './object.ts';
import type { ControllerTemplate } from './plugin.ts';

/** Checks a plugin by shape, never `instanceof`: it may come with its own copy of our types, or with none. */

const API_VERSION = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?v[a-z0-9]+$/;
const KIND = /^[A-Z][A-Za-z0-9]{0,62}$/;

/** Whether a module exports a controller that its options complete (`defineTemplate`). */
export function isTemplate(exported: unknown): exported is ControllerTemplate {
  return isRecord(exported) && typeof exported.create === 'function' && !('observe' in exported);
}

/** All faults of a template as such; what it creates is another matter. */
export function templateFaults({ apiVersion, options }: ControllerTemplate, path: string): InputFault[] {
  const faults: InputFault[] = [];
  if (apiVersion !== 'controller/v1') faults.push({ path, message: 'its apiVersion must be "controller/v1"' });
  if (!isSchema(options)) faults.push({ path, message: 'its options must be a Joi schema: Joi.object({…})' });
  return faults;
}

/** All faults of what a module exports as its controller; none when it can run. `path` is where the module is named. */
export function definitionFaults(definition: unknown, path: string): InputFault[] {
  if (!isRecord(definition)) {
    return [{ path, message: 'has no controller as its default export: export default defineController({…})' }];
  }
  const faults: InputFault[] = [];
  const check = (holds: boolean, message: string): void => {
    if (!holds) faults.push({ path, message });
  };
  check(definition.apiVersion === 'controller/v1', 'its apiVersion must be "controller/v1"');
  check(
    definition.order === 'run' || definition.order === 'state',
    'its order must be "run" (things that finish) or "state" (things that are)',
  );
  check(
    definition.onDelete === 'resolve' || definition.onDelete === 'keep',
    'its onDelete must be "resolve" or "keep"',
  );
  check(
    definition.crossNamespaceText === undefined || typeof definition.crossNamespaceText === 'boolean',
    'its crossNamespaceText must be true or false',
  );
  check(definition.logs === undefined || typeof definition.logs === 'boolean', 'its logs must be true or false');
  check(typeof definition.observe === 'function', 'its observe must be a function');
  check(
    definition.options === undefined || isSchema(definition.options),
    'its options must be a Joi schema: Joi.object({…})',
  );
  check(
    definition.documentation === undefined || isDocumentation(definition.documentation),
    'its documentation must have a summary and findings: { summary: "…", findings: [{ reason, key, type, severity, meaning }] }',
  );
  checkKind(definition.watches, 'watches', check);
  checkReads(definition.reads, check);
  return faults;
}

type Check = (holds: boolean, message: string) => void;

function checkReads(reads: unknown, check: Check): void {
  if (reads === undefined) return;
  check(Array.isArray(reads), 'its reads must be a list');
  const kinds = new Set<unknown>();
  for (const [index, read] of (Array.isArray(reads) ? reads : []).entries()) {
    checkKind(read, `reads[${index}]`, check);
    if (!isRecord(read)) continue;
    check(
      !kinds.has(read.kind),
      `its reads[${index}] repeats the kind ${String(read.kind)}: a kind is read by its name, so once`,
    );
    check(
      read.ownedByObject === undefined || typeof read.ownedByObject === 'boolean',
      `its reads[${index}].ownedByObject must be true or false`,
    );
    check(
      read.optional === undefined || typeof read.optional === 'boolean',
      `its reads[${index}].optional must be true or false`,
    );
    kinds.add(read.kind);
  }
}

function checkKind(value: unknown, name: string, check: Check): void {
  if (!isRecord(value)) {
    check(false, `its ${name} must be an object with apiVersion and kind`);
    return;
  }
  const versions: readonly unknown[] = Array.isArray(value.apiVersion) ? value.apiVersion : [value.apiVersion];
  const valid = versions.filter(
    (version): version is string => typeof version === 'string' && API_VERSION.test(version),
  );
  check(
    versions.length > 0 && valid.length === versions.length,
    `its ${name}.apiVersion must be like "apps/v1", or a list of such`,
  );
  const groups = new Set(valid.map((version) => version.split('/').at(-2) ?? ''));
  check(
    groups.size <= 1,
    `its ${name}.apiVersion names several groups (${[...groups].join(', ')}): versions of one kind have one group`,
  );
  check(
    typeof value.kind === 'string' && KIND.test(value.kind),
    `its ${name}.kind must be a Kind such as "Deployment"`,
  );
  const { fields } = value;
  const listed = Array.isArray(fields) && fields.every((field) => typeof field === 'string' && field !== '');
  check(
    fields === undefined || listed,
    `its ${name}.fields must be a list of dotted paths such as "status.conditions"`,
  );
  checkSelector(value.labelSelector, `${name}.labelSelector`, parseLabelSelector, check);
  checkSelector(value.fieldSelector, `${name}.fieldSelector`, parseFieldSelector, check);
  const { indexes } = value;
  check(
    indexes === undefined || (isRecord(indexes) && Object.values(indexes).every((path) => isPath(path))),
    `its ${name}.indexes must be names of yours with dotted paths: {bySecret: "spec.volumes.secret.secretName"}`,
  );
}

function checkSelector(selector: unknown, name: string, parse: (text: string) => unknown, check: Check): void {
  if (selector === undefined) return;
  try {
    parse(String(selector));
  } catch (error) {
    check(false, `its ${name}: ${causeOf(error)}`);
  }
}

function isDocumentation(value: unknown): boolean {
  if (!isRecord(value) || typeof value.summary !== 'string' || !Array.isArray(value.findings)) return false;
  return value.findings.every(
    (finding) => isRecord(finding) && ['reason', 'key', 'meaning'].every((name) => typeof finding[name] === 'string'),
  );
}

function isPath(path: unknown): boolean {
  return typeof path === 'string' && /^[^.\s]+(\.[^.\s]+)*$/.test(path);
}

function isSchema(value: unknown): boolean {
  return isRecord(value) && typeof value.validate === 'function';
}
