import { parseFieldSelector } from '../selectors/field-selector.ts';
import { type LabelRequirement, parseLabelSelector } from '../selectors/label-selector.ts';
import { ApiError } from '../status.ts';

/** One requirement of a SubjectAccessReview's fieldSelector or labelSelector. */
export interface SelectorRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

/**
 * A field selector as the parsed requirements that authorizers read (A10; they are told to ignore a raw selector).
 * Requirements only narrow what is asked for, so whatever has no form there is left out, and so is a selector that does
 * not parse: the question is then about more, never about less, and the selector's own 400 follows.
 */
export function fieldRequirements(selector: string): readonly SelectorRequirement[] {
  return unlessMalformed(() =>
    parseFieldSelector(selector)
      .terms.filter(({ field }) => field !== '') // a review with an empty key is refused as a whole
      .map(({ field, operator, value }) => ({
        ...{ key: field, operator: operator === '=' ? 'In' : 'NotIn', values: [value] },
      })),
  );
}

/** The same for a label selector; `>` and `<` have no form in a review. */
export function labelRequirements(selector: string): readonly SelectorRequirement[] {
  return unlessMalformed(() => parseLabelSelector(selector).flatMap((requirement) => labelRequirement(requirement)));
}

function labelRequirement(requirement: LabelRequirement): readonly SelectorRequirement[] {
  const { key, operator } = requirement;
  switch (operator) {
    case 'exists':
      return [{ key, operator: 'Exists' }];
    case 'absent':
      return [{ key, operator: 'DoesNotExist' }];
    case 'in':
    case 'notin':
      return [{ key, operator: operator === 'in' ? 'In' : 'NotIn', values: [...requirement.values] }];
    case '>':
    case '<':
      return [];
    default:
      throw new Error(`no such operator: ${operator satisfies never}`);
  }
}

function unlessMalformed(parse: () => readonly SelectorRequirement[]): readonly SelectorRequirement[] {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ApiError) return [];
    throw error;
  }
}
