import type { Issue } from '../../crds/issue.ts';

/**
 * Whether an issue of the past has the words: the server's index is of now. As docs/search.md has it ("phrases", -without,
 * the last word may be a beginning), by the letters alone: no word forms, no ranks.
 */
export function matcherOf(text: string): (issue: Issue) => boolean {
  const terms = [...text.toLowerCase().matchAll(/(-?)(?:"([^"]*)"|(\S+))/g)]
    .map(([, minus, phrase, word]) => ({ without: minus === '-', text: (phrase ?? word ?? '').trim() }))
    .filter((term) => term.text !== '');
  return (issue) => {
    const said = textOf(issue);
    return terms.every(({ without, text: wanted }) => said.includes(wanted) !== without);
  };
}

function textOf({ spec, status }: Issue): string {
  const { subject } = spec;
  const { observed } = status;
  return [spec.title, spec.description, spec.reason, subject.kind, subject.name, subject.aspect, observed?.name]
    .filter(Boolean)
    .join('\n')
    .toLowerCase();
}
