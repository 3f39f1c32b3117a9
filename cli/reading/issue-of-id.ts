import { UUID } from '../../crds/names.ts';
import { Failure } from '../exit.ts';
import type { Asker } from './ask.ts';
import { Refusal, whereIs } from './fault.ts';

/**
 * The issue that Kite's clients name by its id. What is no id is a name in the namespace. Ids are known to the REST
 * interface alone; where it cannot be reached, a Failure says so.
 */
export async function issueOfId(
  asker: Asker,
  id: string,
  namespace: string,
): Promise<{ readonly namespace: string; readonly name: string }> {
  if (!UUID.test(id)) return { namespace, name: id };
  try {
    const { body } = await asker.json<{ issue: { namespace: string; name: string } }>(`/api/v1/issues/${id}/timeline`);
    return { namespace: body.issue.namespace, name: body.issue.name };
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 404) throw error;
    const why =
      error.reason === undefined
        ? `there is no issue with the id ${id}`
        : `${whereIs(asker.connection)} knows issues by name, not by id: see faultline get -n ${namespace}`;
    throw new Failure(why, { cause: error });
  }
}
