import { fieldPath } from './field-path.ts';
import type { ClusterObject } from './object.ts';

/**
 * The field selectors that a folder must evaluate itself, with the grammar of k8s.io/apimachinery/pkg/fields: `a=b`,
 * `a==b`, `a!=b`, joined by commas; a comma, an equals sign or a backslash in a value is written behind a backslash.
 * Unlike an API server, which knows few fields a kind, this looks at any; what is missing is the empty text.
 */
export type FieldMatcher = (object: ClusterObject) => boolean;

const REQUIREMENT = /^([A-Za-z][-A-Za-z0-9_.[\]/]*)\s*(!=|==|=)\s*((?:[^\\,=]|\\[\\,=])*)$/;

/** Throws a RangeError that quotes the requirement it does not understand. */
export function parseFieldSelector(selector: string): FieldMatcher {
  const texts = selector.match(/(?:[^\\,]|\\.)+/g) ?? [];
  const requirements = texts.map((text) => requirement(text.trim()));
  return (object) => requirements.every((matches) => matches(object));
}

function requirement(text: string): FieldMatcher {
  const [, path, operator, escaped] = REQUIREMENT.exec(text) ?? [];
  if (path === undefined || escaped === undefined) {
    throw new RangeError(`"${text}" is not a field requirement: write for example status.phase!=Succeeded`);
  }
  const textsAt = fieldPath(path);
  const wanted = escaped.replaceAll(/\\(.)/g, '$1');
  return (object) => ((textsAt(object)[0] ?? '') === wanted) === (operator !== '!=');
}
