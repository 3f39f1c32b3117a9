import type { InputFault } from '../../crds/report.ts';
import { isRecord } from './object.ts';
import type { ControllerDefinition } from './plugin.ts';

/** A CommonJS package or a twice wrapped build has its definition one level deeper. */
export function defaultExport(module: unknown): unknown {
  const first = isRecord(module) && 'default' in module ? module.default : module;
  return isRecord(first) && !('observe' in first) && 'default' in first ? first.default : first;
}

/** What a plugin makes of `with:`: checked and completed. `path` is where `with` is written. */
export function optionsOf(
  definition: ControllerDefinition,
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
