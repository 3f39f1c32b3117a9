import type { Report } from '../report.ts';

/** For scripts: the fields are promised, and more may come. */
export function printJson({ resource, server, path, results, scores, oracle }: Report): string {
  const items = results.map(({ item, outcome, message, ms }) => {
    const { number, level, requirement, breaks } = item;
    return { number, level, requirement, breaks, outcome, ...(message && { message }), ms };
  });
  const compared = oracle && {
    resource: oracle.resource,
    requests: oracle.comparisons.map(({ request, differences }) => ({ ...request, differences })),
  };
  return `${JSON.stringify({ resource, server, path, scores, items, ...(compared && { oracle: compared }) }, null, 2)}\n`;
}
