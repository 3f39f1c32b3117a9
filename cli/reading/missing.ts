import { Failure } from '../exit.ts';
import { suggest } from '../suggest.ts';
import type { Asker } from './ask.ts';
import { Refusal } from './fault.ts';
import { issuesPath, type Page } from './issues.ts';

/** There is no such issue; the message says where it is, or what was probably meant. */
export class MissingIssue extends Failure {}

/**
 * Asks for each of the names. What is not there is told at the end, and what is there all the same: as kubectl does it.
 * Rejects with what is about none of them.
 */
export async function eachNamed(
  names: readonly string[],
  ask: (name: string) => Promise<void>,
): Promise<MissingIssue[]> {
  const missing: MissingIssue[] = [];
  for (const name of names) {
    try {
      await ask(name);
    } catch (error) {
      if (!(error instanceof MissingIssue)) throw error;
      missing.push(error);
    }
  }
  return missing;
}

/** A line for each of them. Throws when there is one. */
export function requireAll(missing: readonly MissingIssue[]): void {
  if (missing.length > 0) throw new MissingIssue(missing.map(({ message }) => message).join('\n'));
}

/** So many names are looked through for one that was meant. */
const NAMES = 5_000;

/**
 * For an issue that is not there: the same, with where it is or what was probably meant, as far as the caller may list.
 * Every other error stays as it is. `asOf`: when it was not there.
 */
export async function explainMissing(
  error: unknown,
  asker: Asker,
  name: string,
  namespace: string | undefined,
  asOf?: string,
): Promise<unknown> {
  if (!(error instanceof Refusal) || error.status !== 404 || error.object === undefined) return error;
  const elsewhere = await namesIn(asker, undefined, `metadata.name=${name}`);
  const [found] = elsewhere;
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const missing = `there ${asOf === undefined ? 'is' : 'was'} no issue "${name}"${where}`;
  if (asOf !== undefined && found !== undefined && (namespace ?? found.namespace) === found.namespace) {
    return new MissingIssue(`${missing} at that time: see faultline history ${name} -n ${found.namespace}`);
  }
  if (found !== undefined)
    return new MissingIssue(`${missing}: it is in namespace ${found.namespace}, ask with -n ${found.namespace}`);
  const names = (await namesIn(asker, namespace, '')).map((each) => each.name);
  // The end is what is left of a name that was cut, and what tells it from others.
  const near = suggest(name, names) ?? names.find((each) => each.endsWith(`-${name}`));
  return new MissingIssue(
    near === undefined ? `${missing}: see faultline get --all` : `${missing}; did you mean "${near}"?`,
  );
}

async function namesIn(
  asker: Asker,
  namespace: string | undefined,
  fieldSelector: string,
): Promise<{ name: string; namespace: string }[]> {
  const query = new URLSearchParams({ limit: String(NAMES), ...(fieldSelector !== '' && { fieldSelector }) });
  try {
    const { body } = await asker.json<Pick<Page, 'rows'>>(`${issuesPath(namespace)}?${query}`, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
    return body.rows.map(({ object: { metadata } }) => ({ name: metadata.name, namespace: metadata.namespace }));
  } catch {
    return []; // who may not list is told what is known
  }
}
