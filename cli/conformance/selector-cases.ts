import { need } from './item.ts';
import type { Loose } from './loose.ts';

/** A label selector and what it means, in code of our own. */
export interface SelectorCase {
  readonly selector: string;
  selects(labels: Readonly<Record<string, string>>): boolean;
}

/** Every form of the grammar, around a label that objects have. */
export function labelCases(objects: readonly Loose[]): SelectorCase[] {
  const found = objects.flatMap(({ metadata }) => Object.entries(metadata?.labels ?? {}));
  // The rarest value: a selector that is ignored must not select the same.
  const count = (name: string, value: string): number => found.filter(([n, v]) => n === name && v === value).length;
  const [pair] = found.sort((a, b) => count(...a) - count(...b));
  need(pair, 'no object has labels');
  const [name, value] = pair;
  const nobody = 'faultline.dev/nobody-has-this';
  return [
    { selector: name, selects: (labels) => name in labels },
    { selector: `!${name}`, selects: (labels) => !(name in labels) },
    { selector: nobody, selects: () => false },
    { selector: `!${nobody}`, selects: () => true },
    { selector: `${name}=${value}`, selects: (labels) => labels[name] === value },
    { selector: `${name}==${value}`, selects: (labels) => labels[name] === value },
    { selector: `${name}!=${value}`, selects: (labels) => labels[name] !== value },
    { selector: `${nobody}!=x`, selects: () => true },
    { selector: `${name} in (${value},other)`, selects: (labels) => labels[name] === value },
    { selector: `${name} notin (${value}, other)`, selects: (labels) => labels[name] !== value },
    { selector: `${name}=${value},!${nobody}`, selects: (labels) => labels[name] === value },
    { selector: `${name}=${value}, ${nobody}`, selects: () => false },
    { selector: `${nobody}=`, selects: () => false },
    { selector: `${nobody}>1`, selects: () => false },
  ];
}

/** What has to be refused instead of meaning something. */
export const UNREADABLE_SELECTORS = ['a=(', 'a in ()x', 'a>x', 'a b', '=x', 'a in (b'];
