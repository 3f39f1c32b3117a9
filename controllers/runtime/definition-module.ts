import type { InputFault } from '../../crds/report.ts';
import { definitionFaults, isTemplate, templateFaults } from './definition.ts';
import { isRecord } from './object.ts';
import type { ControllerDefinition, ControllerTemplate } from './plugin.ts';

/** A CommonJS package or a twice wrapped build has its definition one level deeper. */
export function defaultExport(module: unknown): unknown {
  const first = isRecord(module) && 'default' in module ? module.default : module;
  return isRecord(first) && !('observe' in first) && 'default' in first ? first.default : first;
}

/** A plugin as one entry of the configuration wants it. */
export type Prepared =
  | {
      readonly definition: ControllerDefinition;
      readonly options: unknown;
      /** What made the definition. */
      readonly template?: ControllerTemplate;
      readonly faults: readonly [];
    }
  | { readonly definition?: never; readonly options?: never; readonly faults: readonly InputFault[] };

/**
 * What a plugin's module exports, with the options of an entry: a definition that can run, or every fault. `path` is where
 * the entry is written. May throw what a plugin's own code throws.
 */
export function prepare(exported: unknown, given: Readonly<Record<string, unknown>>, path: string): Prepared {
  const faults = isTemplate(exported)
    ? templateFaults(exported, `${path}.use`)
    : definitionFaults(exported, `${path}.use`);
  if (faults.length > 0) return { faults };
  const source = exported as ControllerDefinition | ControllerTemplate;
  const options = optionsOf(source, given, `${path}.with`, faults);
  if (faults.length > 0) return { faults };
  if (!('create' in source)) return { definition: source, options, faults: [] };
  const { documentation } = source;
  const definition = { ...(documentation && { documentation }), ...source.create(options) } as ControllerDefinition;
  const wrong = definitionFaults(definition, `${path}.with`);
  return wrong.length > 0 ? { faults: wrong } : { definition, options, template: source, faults: [] };
}

/** What a plugin makes of `with:`: checked and completed. `path` is where `with` is written. */
function optionsOf(
  definition: Pick<ControllerDefinition, 'options'>,
  given: Readonly<Record<string, unknown>>,
  path: string,
  faults: InputFault[],
): unknown {
  const { options } = definition;
  if (options === undefined) {
    for (const [key, value] of Object.entries(given)) {
      faults.push({ path: `${path}.${key}`, message: 'this controller has no options', value });
    }
    return {};
  }
  const { value, error } = options.validate(given, { abortEarly: false, errors: { label: false } });
  for (const detail of error?.details ?? []) {
    const below = detail.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
    const allowed = Array.isArray(detail.context?.valids) ? { allowed: detail.context.valids as unknown[] } : {};
    faults.push({
      path: `${path}${below}`,
      message: detail.message,
      value: detail.context?.value as unknown,
      ...allowed,
    });
  }
  return value;
}
