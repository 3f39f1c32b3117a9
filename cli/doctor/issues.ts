import { LABELS } from '../../crds/names.ts';
import type { Asker } from '../reading/ask.ts';
import { Refusal } from '../reading/fault.ts';
import { type ListQuery, listPages } from '../reading/issues.ts';
import { type Finding, ok, type Patient, unknown } from './finding.ts';

/** What there is to see, when everything works. */
export async function issues({ asker, namespace }: Patient): Promise<readonly Finding[]> {
  try {
    const here = await count(asker, namespace, 'Active');
    if (here !== '0') return [ok('issues', `${here} Active in namespace ${namespace}`)];
    const resolved = await count(asker, namespace, 'Resolved');
    const none = `none is Active in namespace ${namespace}`;
    const over = resolved === '0' ? '' : `, ${resolved} resolved lately (get --all)`;
    return [ok('issues', `${none}${over}${await elsewhere(asker)}`)];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [unknown('issues', `they could not be counted (${error.message})`)];
  }
}

async function elsewhere(asker: Asker): Promise<string> {
  try {
    const all = await count(asker, undefined, 'Active');
    return all === '0' ? ', nor in any other: nothing is broken, or nobody looks' : `, ${all} in others (get -A)`;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return '';
  }
}

/** Of the first page: whoever asks a doctor does not wait for ten thousand. */
async function count(asker: Asker, namespace: string | undefined, state: string): Promise<string> {
  const query: ListQuery = {
    ...{ namespace, labelSelector: `${LABELS.state}=${state}`, fieldSelector: '', asOf: undefined },
    ...{ table: true, objects: false },
  };
  const pages = listPages(asker, query);
  const { value: first, done } = await pages.next();
  if (done) return '0';
  const more = await pages.next();
  return `${more.done ? '' : 'more than '}${first.rows.length}`;
}
