import type { ColumnDefinition } from '../../reading/issues.ts';
import type { Look } from '../look/look.ts';
import type { Listing } from '../rows/listing.ts';
import type { Counts } from '../rows/tally.ts';
import type { Lines } from '../state/cursor.ts';
import type { Act, State } from '../state/state.ts';

/** How it stands with the server. */
export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'loading'; readonly rows: number; readonly of: number | undefined }
  | { readonly kind: 'live' }
  /** Of a folder, or of a moment: nothing comes. */
  | { readonly kind: 'still' }
  | {
      readonly kind: 'lost';
      readonly why: string /** ms since 1970. */;
      readonly since: number;
      readonly again: number;
    }
  /** The server says no: waiting alone will not help. */
  | { readonly kind: 'refused'; readonly why: string; readonly again: number };

/** A list of few lines: namespaces, groups, controllers. */
export interface SmallTable {
  readonly columns: readonly string[];
  readonly rows: readonly SmallRow[];
  /** What is said below it, and instead of it where it cannot be had. */
  readonly remarks: readonly string[];
}

export interface SmallRow {
  readonly key: string;
  readonly cells: readonly string[];
  /** Of SEVERITIES; colours the line. */
  readonly severity: number;
}

/** Everything that a frame shows: a function of it alone. */
export interface Scene {
  readonly state: State;
  readonly look: Look;
  /** ms since 1970. */
  readonly now: number;
  /** What the user calls the cluster, or the folder. */
  readonly place: string;
  readonly connection: Connection;
  /** Active issues in the namespace of the view. */
  readonly counts: Counts;
  readonly columns: readonly ColumnDefinition[];
  readonly lines: Lines;
  /** Of the view, where it is a list of issues. */
  readonly listing: Listing | undefined;
  readonly table: SmallTable | undefined;
  /** Of the view, where it is a document. */
  readonly text: readonly string[] | undefined;
  /** What is wrong with the filter that is typed. */
  readonly filterFault: string | undefined;
  /** Words that the line being typed may become. */
  readonly candidates: readonly string[];
  /** Why the user may not; undefined: may, or nobody knows yet. */
  denied(act: Act): boolean;
}

/** Above the body: the cluster, the place, the columns. Below: what is told or typed, the keys. */
const AROUND = 5;

/** How many lines of a list or a document are on the screen. */
export function pageOf(rows: number): number {
  return Math.max(1, rows - AROUND);
}
