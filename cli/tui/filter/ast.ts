/** A filter: all of its terms are true of a row. */
export type Filter = readonly Term[];

export type Term = { readonly not: boolean } & Test;

export type Test =
  /** One of the texts of the row has it, whatever the case. */
  | { readonly kind: 'text'; readonly text: string }
  /** The field is one of the values; `*` stands for anything. */
  | { readonly kind: 'field'; readonly field: Field; readonly values: readonly string[] }
  | { readonly kind: 'compare'; readonly number: NumberField; readonly operator: Operator; readonly value: string }
  | { readonly kind: 'is'; readonly what: Property }
  | { readonly kind: 'regex'; readonly source: string }
  /** Its characters are there in their order. */
  | { readonly kind: 'fuzzy'; readonly text: string };

export const FIELDS = [
  ...(['severity', 'namespace', 'type', 'state', 'source', 'subject', 'reason', 'name', 'title'] as const),
  ...(['application', 'component', 'group', 'assignee'] as const),
] as const;
export type Field = (typeof FIELDS)[number];

/** `age`, `seen`: how long ago; the others are counted. */
export const NUMBER_FIELDS = ['age', 'seen', 'count', 'reopened'] as const;
export type NumberField = (typeof NUMBER_FIELDS)[number];

export const OPERATORS = ['>=', '<=', '>', '<', '='] as const;
export type Operator = (typeof OPERATORS)[number];

export const PROPERTIES = ['acknowledged', 'snoozed', 'assigned', 'flapping', 'due', 'absent', 'linked'] as const;
export type Property = (typeof PROPERTIES)[number];

/** What people write for the fields. */
export const SHORT: Readonly<Record<string, Field>> = {
  sev: 'severity',
  ns: 'namespace',
  src: 'source',
  sub: 'subject',
  app: 'application',
  comp: 'component',
};

export const SHORT_PROPERTIES: Readonly<Record<string, Property>> = { ack: 'acknowledged', acked: 'acknowledged' };
