import { type Store, type StoredIssue, StoreUnavailable } from '../store/store.ts';
import { resolveByHand } from './issues.ts';
import { refOf } from './normalize.ts';

/** Row 10 of the decision table: what people do, outside of any report. */
export interface ManualResolve {
  readonly namespace: string;
  readonly name: string;
  /** Who, as the API server knows them. */
  readonly actor: string;
  readonly comment?: string;
  readonly auditId?: string;
}

const MAX_TRIES = 20;

/** The issue as it is afterwards; unchanged when it was Resolved already. Undefined when there is none. */
export async function resolveManually(store: Store, action: ManualResolve): Promise<StoredIssue | undefined> {
  const { namespace, name, ...timeline } = action;
  const found = await store.issue(namespace, name);
  if (!found) return undefined;
  const { source, subject, key } = found.spec;
  for (let tried = 0; tried < MAX_TRIES; tried++) {
    const { now, subjects } = await store.readSubjects([refOf(namespace, source, subject)]);
    const [state] = subjects;
    const issue = state?.issues.get(key);
    if (!state || issue?.state !== 'Active') return issue;
    const write = resolveByHand(issue, { now, ...timeline }); // 10B
    const { outcomes, lastChange } = await store.commit([
      {
        ref: state.ref,
        expectedVersion: state.version,
        expectedEveryAspectVersion: state.everyAspectVersion,
        watermarks: new Map([['', state.watermarks.get('')]]),
        issues: [write],
      },
    ]);
    if (outcomes[0] === 'committed') return { ...write.issue, change: lastChange };
  }
  throw new StoreUnavailable(`issue ${namespace}/${name} changes too often: try again`);
}
