import type { Follower, Source } from '../source/source.ts';
import { COLUMNS, type Given, tableRowsOf } from './issues.ts';

/** A source whose issues a test gives, and which remembers what was done. */
export interface StillSource extends Source {
  readonly acts: { act: string; key: string; text: string }[];
  /** Once it is followed. */
  readonly follower: Follower | undefined;
  tell(given: readonly Given[]): void;
}

export function stillSource(given: readonly Given[], over: Partial<Source> = {}): StillSource {
  const acts: StillSource['acts'] = [];
  let follower: Follower | undefined;
  return {
    ...{ place: 'work', still: undefined, acts },
    get follower() {
      return follower;
    },
    tell: (rows) => follower?.rows(tableRowsOf(rows), []),
    async follow(to, _namespace, signal) {
      follower = to;
      to.columns(COLUMNS);
      to.rows(tableRowsOf(given), []);
      to.synced(new Set(given.map(({ namespace = 'shop', name }) => `${namespace}/${name}`)));
      to.connection({ kind: 'live' });
      await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
    },
    past: async () => ({ columns: COLUMNS, rows: tableRowsOf(given.slice(0, 2)) }),
    document: async (view) => [`${view.kind} of ${'name' in view ? view.name : ''}`, '', 'Why:', '  because'],
    groups: async () => ({
      columns: ['Name', 'Severity'],
      rows: [{ key: 'g', cells: ['g', 'major'], severity: 1 }],
      remarks: [],
    }),
    members: async () => ({ group: 'CVE-2026-1234' }),
    controllers: async () => ['their health cannot be read here'],
    may: async () => true,
    async act(act, key, text) {
      acts.push({ act, key, text });
      return `${act} done`;
    },
    async [Symbol.asyncDispose]() {},
    ...over,
  };
}
