import { basename, extname } from 'node:path';
import type { ValidationErrorItem } from 'joi';
import type { ControllerConfiguration, FaultlineConfiguration } from '../../crds/configuration.ts';
import { configurationSchema } from '../../crds/configuration.ts';
import { RESERVED_SOURCE_PREFIXES, SOURCE_NAME } from '../../crds/names.ts';
import { didYouMean } from '../suggest.ts';
import type { ConfigurationDocument } from './document.ts';
import type { ConfigurationFault, Path } from './fault.ts';

/** What `check` needs to know of the rest of the product. */
export interface Knowledge {
  /** What `use` may name besides files and packages. */
  readonly builtIns: readonly string[];
  /** Throws an Error that says what is wrong with a label selector. */
  parseLabelSelector(text: string): unknown;
}

export type Checked =
  | { readonly configuration: FaultlineConfiguration; readonly faults: readonly [] }
  | { readonly configuration?: never; readonly faults: readonly ConfigurationFault[] };

/** Validates a document by its schema and by what a schema cannot say. Returns every fault, never only the first. */
export function check(document: ConfigurationDocument, knowledge: Knowledge): Checked {
  const written = document.value() ?? {};
  const { value, error } = configurationSchema.validate(written, {
    abortEarly: false,
    convert: false,
    errors: { label: false, wrap: { label: false, array: false } },
  });
  const faults = (error?.details ?? []).map((detail) => schemaFault(document, written, detail));
  faults.push(...controllerFaults(document, listOf(written, 'controllers'), knowledge));
  faults.push(...resourceFaults(document, listOf(written, 'resources')));
  if (faults.length > 0) return { faults };
  const configuration = value as FaultlineConfiguration;
  const controllers = configuration.controllers.map((one) => ({
    ...one,
    name: one.name ?? (defaultName(one.use) as string),
  }));
  return { configuration: { ...configuration, controllers }, faults: [] };
}

/** The source of a controller that was given no name; undefined when `use` has none to give. */
export function defaultName(use: string): string | undefined {
  if (use.startsWith('npm:')) return undefined;
  if (/^\.{0,2}\//.test(use)) return basename(use, extname(use));
  return use.replaceAll('/', '-');
}

function schemaFault(
  document: ConfigurationDocument,
  written: unknown,
  detail: ValidationErrorItem,
): ConfigurationFault {
  const { path, type, context } = detail;
  if (type === 'object.unknown') {
    const parent = schemaKeys(path.slice(0, -1));
    return document.fault(path, `unknown key${didYouMean(String(path.at(-1)), parent)}`, 'key');
  }
  if (type === 'any.required') return document.fault(path, `is missing${allowed(path)}`);
  const message = detail.message.trim();
  const value = valueAt(written, path);
  const shown = value === null || typeof value !== 'object' ? ` (is ${JSON.stringify(value)})` : '';
  return document.fault(path, `${message}${shown}${guess(value, context?.valids)}`);
}

/** Names the only value a missing constant may have. */
function allowed(path: Path): string {
  const fixed: Record<string, string> = { apiVersion: 'config.faultline.dev/v1alpha1', kind: 'FaultlineConfiguration' };
  const value = path.length === 1 ? fixed[String(path[0])] : undefined;
  return value === undefined ? '' : `; write ${path[0]}: ${value}`;
}

function guess(value: unknown, valids: unknown): string {
  return typeof value === 'string' && Array.isArray(valids) ? didYouMean(value, valids.map(String)) : '';
}

function controllerFaults(document: ConfigurationDocument, controllers: readonly unknown[], knowledge: Knowledge) {
  const faults: ConfigurationFault[] = [];
  const taken = new Map<string, number>();
  controllers.forEach((one, index) => {
    if (!isRecord(one)) return;
    const path = ['controllers', index] as const;
    faults.push(...faultsOfUse(document, path, one.use, knowledge), ...faultsOfName(document, path, one, taken));
    const selector = one.labelSelector;
    if (typeof selector === 'string') {
      const message = failure(() => knowledge.parseLabelSelector(selector));
      if (message !== undefined) faults.push(document.fault([...path, 'labelSelector'], message));
    }
  });
  faults.push(...faultsOfExcludes(document, controllers));
  return faults;
}

function resourceFaults(document: ConfigurationDocument, resources: readonly unknown[]): ConfigurationFault[] {
  return resources.flatMap((one, index) => {
    const use = isRecord(one) ? one.use : undefined;
    if (typeof use !== 'string' || use === '' || OUTSIDE.test(use)) return [];
    return [
      document.fault(['resources', index, 'use'], `no resource "${use}": a file begins with ./, a package with npm:`),
    ];
  });
}

/** What `use` calls a file or a package. */
export const OUTSIDE = /^(npm:.|\.{0,2}\/)/;

function faultsOfUse(document: ConfigurationDocument, path: Path, use: unknown, { builtIns }: Knowledge) {
  if (typeof use !== 'string' || use === '' || OUTSIDE.test(use) || builtIns.includes(use)) return [];
  const known = `built in: ${builtIns.join(', ')}; a file begins with ./ and a package with npm:`;
  return [document.fault([...path, 'use'], `no controller "${use}"${didYouMean(use, builtIns)} (${known})`)];
}

function faultsOfName(
  document: ConfigurationDocument,
  path: Path,
  one: Record<string, unknown>,
  taken: Map<string, number>,
) {
  const { use, name: given } = one as Partial<ControllerConfiguration>;
  const name = given ?? (typeof use === 'string' ? defaultName(use) : undefined);
  if (name === undefined) {
    return typeof use === 'string' ? [document.fault([...path, 'name'], `is missing: "${use}" needs a name`)] : [];
  }
  if (typeof name !== 'string') return [];
  const at = given === undefined ? [...path, 'use'] : [...path, 'name'];
  const reserved = RESERVED_SOURCE_PREFIXES.find((prefix) => name.startsWith(prefix));
  if (reserved !== undefined) {
    return [document.fault(at, `"${name}" begins with "${reserved}", which no controller may use`)];
  }
  if (given === undefined && !SOURCE_NAME.test(name)) {
    return [document.fault(at, `makes "${name}", which is no source name: add a name`)];
  }
  const other = taken.get(name);
  if (other !== undefined) {
    return [
      document.fault(at, `"${name}" is already the name of controllers[${other}]: give one of them another name`),
    ];
  }
  taken.set(name, Number(path[1]));
  return [];
}

/** A list that only excludes would silently watch nothing. */
function faultsOfExcludes(document: ConfigurationDocument, controllers: readonly unknown[]): ConfigurationFault[] {
  return [
    ['namespaces'] as Path,
    ...controllers.map((_, index) => ['controllers', index, 'namespaces'] as Path),
  ].flatMap((path) => {
    const list = valueAt(document.value(), path);
    const onlyExcludes =
      Array.isArray(list) && list.length > 0 && list.every((glob) => typeof glob === 'string' && glob.startsWith('!'));
    return onlyExcludes ? [document.fault(path, `only excludes, so nothing is left: begin with '*'`)] : [];
  });
}

function failure(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The keys that the schema knows at a path. */
function schemaKeys(path: Path): string[] {
  const keys = path.map((part) => (typeof part === 'number' ? 'item' : part));
  let schema = configurationSchema.describe() as SchemaDescription | undefined;
  for (const key of keys) schema = key === 'item' ? schema?.items?.[0] : schema?.keys?.[key];
  return Object.keys(schema?.keys ?? {});
}

interface SchemaDescription {
  keys?: Record<string, SchemaDescription>;
  items?: SchemaDescription[];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) => (Array.isArray(at) ? at[Number(part)] : isRecord(at) ? at[String(part)] : undefined),
    value,
  );
}

/** The list under `key`, or an empty one when there is none. */
export function listOf(value: unknown, key: string): readonly unknown[] {
  const list = isRecord(value) ? value[key] : undefined;
  return Array.isArray(list) ? list : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
