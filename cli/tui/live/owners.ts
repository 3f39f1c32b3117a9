import type { Issue } from '../../../crds/issue.ts';
import { oneLine } from '../../../crds/text.ts';
import { Failure } from '../../exit.ts';
import type { Asker } from '../../reading/ask.ts';
import { type ObjectName, readObject } from '../../reading/object.ts';

/** Pod, ReplicaSet, Deployment, an operator's own: deeper is a circle. */
const MOST = 6;
const MAX_LINE = 300;

/** What was looked at, who owns it, who owns that, …, as a section; with the reason where it ends before its end. */
export async function ownerLines(asker: Asker, { metadata, spec, status }: Issue): Promise<string[]> {
  const lines: string[] = [];
  let next: ObjectName | undefined = status.observed ?? spec.subject;
  for (let depth = 0; next !== undefined && depth < MOST; depth++) {
    lines.push(`${'  '.repeat(depth)}${depth === 0 ? '' : 'of '}${oneLine(`${next.kind}/${next.name}`, MAX_LINE)}`);
    try {
      const { metadata: found = {} } = await readObject(asker, next, spec.subject.namespace ?? metadata.namespace);
      const owners: readonly (ObjectName & { controller?: boolean })[] = found.ownerReferences ?? [];
      next = owners.find(({ controller }) => controller) ?? owners[0];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (depth === 0) return ['', oneLine(`Owners: ${error.message}`, MAX_LINE)];
      break;
    }
  }
  return ['', 'Owners:', ...lines.map((line) => `  ${line}`)];
}
