import { causeOf } from './cause.ts';
import type { SmallTable } from './frame/scene.ts';
import type { Model } from './model.ts';
import { countsTable, filteredTable } from './small-tables.ts';
import type { Source } from './source/source.ts';

const EMPTY: SmallTable = { columns: ['Name'], rows: [], remarks: ['Asking the server.'] };
/** Groups follow their issues within about a second; so long they stay as they were read. */
const FRESH_MS = 5_000;

/** The lists besides issues: namespaces and controllers are counted from the issues, groups are read from the server. */
export class Tables {
  readonly #source: Source;
  readonly #model: Model;
  readonly #signal: AbortSignal;
  readonly #changed: () => void;
  #groups: { table: SmallTable; readAt: number; of: number } = {
    table: EMPTY,
    readAt: Number.NEGATIVE_INFINITY,
    of: -1,
  };
  #remarks: { lines: readonly string[]; readAt: number } = { lines: [], readAt: Number.NEGATIVE_INFINITY };

  constructor(source: Source, model: Model, signal: AbortSignal, changed: () => void) {
    this.#source = source;
    this.#model = model;
    this.#signal = signal;
    this.#changed = changed;
  }

  /** As it is now. `changes`: how often issues changed so far: groups are read again only after they did. */
  table(kind: 'groups' | 'namespaces' | 'controllers', filter: string, now: number, changes: number): SmallTable {
    switch (kind) {
      case 'namespaces':
        return filteredTable(countsTable('Namespace', this.#model.byNamespace.counts, []), filter);
      case 'controllers':
        if (now - this.#remarks.readAt > FRESH_MS) void this.#readRemarks(now);
        return filteredTable(countsTable('Source', this.#model.bySource.counts, this.#remarks.lines), filter);
      case 'groups':
        if (this.#groups.of !== changes && now - this.#groups.readAt > FRESH_MS) void this.#readGroups(now, changes);
        return filteredTable(this.#groups.table, filter);
      default:
        return kind satisfies never;
    }
  }

  async #readGroups(now: number, changes: number): Promise<void> {
    const { table } = this.#groups;
    this.#groups = { table, readAt: now, of: changes };
    const read = await this.#source
      .groups(this.#signal)
      .catch((error: unknown) => ({ ...table, remarks: [causeOf(error)] }));
    this.#groups = { ...this.#groups, table: read };
    this.#changed();
  }

  async #readRemarks(now: number): Promise<void> {
    this.#remarks = { ...this.#remarks, readAt: now };
    const lines = await this.#source.controllers(this.#signal).catch((error: unknown) => [causeOf(error)]);
    this.#remarks = { lines, readAt: now };
    this.#changed();
  }
}
