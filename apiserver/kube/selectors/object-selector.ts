import type { ReadyObject } from '../ready-object.ts';
import { EVERY_FIELD, type FieldSelector, matchesFields } from './field-selector.ts';
import { EVERY_LABEL, type LabelSelector, matchesLabels } from './label-selector.ts';

/** Which objects of a resource a list or a watch is about. One predicate for both, so that they always agree (F6). */
export interface ObjectSelector {
  /** '' selects every namespace. */
  readonly namespace: string;
  readonly labels: LabelSelector;
  readonly fields: FieldSelector;
}

export const EVERYTHING: ObjectSelector = { namespace: '', labels: EVERY_LABEL, fields: EVERY_FIELD };

/** What a version of an object is selected by. */
export interface Selectable {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string>>;
}

export function selects(selector: ObjectSelector, object: Selectable | ReadyObject): boolean {
  if (selector.namespace !== '' && object.namespace !== selector.namespace) return false;
  if (!matchesLabels(selector.labels, object.labels)) return false;
  return selector.fields.terms.length === 0 || matchesFields(selector.fields, (name) => fieldOf(object, name));
}

/**
 * After how many objects that were looked at others must have their turn: probes are answered on the same thread, and a
 * selector may have as many requirements as a URL has room for.
 */
export function objectsPerTurn({ labels, fields }: ObjectSelector): number {
  return Math.ceil(CHECKS_PER_TURN / (1 + labels.length + fields.byField.size));
}

/** About a millisecond. */
const CHECKS_PER_TURN = 20_000;

/** True when only the namespace narrows: then the number of remaining items is known (L8). */
export function selectsWholeNamespace(selector: ObjectSelector): boolean {
  return selector.labels.length === 0 && selector.fields.terms.length === 0;
}

function fieldOf(object: Selectable, name: string): string | undefined {
  if (name === 'metadata.name') return object.name;
  if (name === 'metadata.namespace') return object.namespace;
  return Object.hasOwn(object.fields, name) ? object.fields[name] : undefined;
}
