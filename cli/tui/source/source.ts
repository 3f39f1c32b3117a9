import type { ColumnDefinition, Row as TableRow } from '../../reading/issues.ts';
import type { Connection, SmallTable } from '../frame/scene.ts';
import type { Act, DocumentView } from '../state/state.ts';

/** Where issues come from: a cluster, or a folder. What fails rejects with an error whose message is one line for people. */
export interface Source {
  /** What the user calls it. */
  readonly place: string;
  /** Whether anything can be done to issues, and their past be asked for; undefined: yes, else why not. */
  readonly still: string | undefined;
  /** Tells of all issues, then of every change, until the signal aborts. Never rejects for what may pass. */
  follow(to: Follower, namespace: string | undefined, signal: AbortSignal): Promise<void>;
  /** How it was then; `at`: ms since 1970. */
  past(at: number, namespace: string | undefined, signal: AbortSignal): Promise<Listed>;
  /** Resolves when nothing more will come. `tell`: what there is so far, of a document that goes on as a log does. */
  document(
    view: Exclude<DocumentView, { kind: 'help' }>,
    signal: AbortSignal,
    tell?: (lines: readonly string[]) => void,
  ): Promise<readonly string[]>;
  groups(signal: AbortSignal): Promise<SmallTable>;
  /** Whose issues a group has. */
  members(query: MembersOf, signal: AbortSignal): Promise<Members>;
  /** What can be said of the controllers besides what their issues say. */
  controllers(signal: AbortSignal): Promise<readonly string[]>;
  /** Whether the user may, in the namespace. */
  may(act: Act, namespace: string, signal: AbortSignal): Promise<boolean>;
  /** Answers what became of it, as one would tell a person. */
  act(act: Act, key: string, text: string, signal: AbortSignal): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Which members are asked for. */
export interface MembersOf {
  /** metadata.name of the group. */
  readonly group: string;
  /** The only one that may be listed, whichever is shown; undefined: all. */
  readonly namespace: string | undefined;
  /** ms since 1970: those that it had then, resolved ones too; undefined: those that it has. */
  readonly asOf: number | undefined;
  /** Also those that are resolved, as long as they are listed. */
  readonly all: boolean;
  /** What was answered before, asked the same: the answer again, as long as the group has not changed. */
  readonly known: Members | undefined;
}

/** Issues whose findings name this group, at any time; or these, by `namespace/name`, `version` being that of the group. */
export type Members =
  | { readonly group: string; readonly keys?: undefined }
  | { readonly keys: ReadonlySet<string>; readonly version: string | undefined; readonly group?: undefined };

export interface Listed {
  readonly columns: readonly ColumnDefinition[];
  readonly rows: readonly TableRow[];
}

/** Who is told of issues. */
export interface Follower {
  connection(connection: Connection): void;
  columns(columns: readonly ColumnDefinition[]): void;
  /** New or changed, and those that are gone, by `namespace/name`. */
  rows(put: readonly TableRow[], remove: readonly string[]): void;
  /** Everything was told: what is not among these is gone. */
  synced(keys: ReadonlySet<string>): void;
  /** Only this namespace may be listed. */
  limited(namespace: string, why: string): void;
}
