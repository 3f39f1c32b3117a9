import type { ThemeName } from '../look/theme.ts';
import type { Grouping } from '../rows/listing.ts';
import type { Sort } from '../rows/order.ts';
import { type Cursor, TOP } from './cursor.ts';
import type { Edit } from './edit.ts';

/** All that decides what is on the screen besides the data. Never changes; the reducer makes the next one. */
export interface State {
  readonly size: Size;
  /** Where one has been, and where one is: back and forward move in it. */
  readonly places: readonly Place[];
  readonly at: number;
  readonly options: Options;
  /** Keys of issues. */
  readonly marked: ReadonlySet<string>;
  readonly prompt: Prompt | undefined;
  /** What a key asked for, as long as nobody knows whether it may be done. */
  readonly asking: Asking | undefined;
  readonly notice: Notice | undefined;
  /** Namespaces of the keys 1 to 9. */
  readonly shortcuts: readonly string[];
  readonly saved: readonly SavedView[];
  /** Lines that were typed, the last one first. */
  readonly typedBefore: Readonly<Record<'filter' | 'command', readonly string[]>>;
}

/** A line that was typed before is shown, and what was being typed instead. */
export interface Recalled {
  readonly at: number;
  readonly typed: string;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Options {
  /** Resolved issues, too. */
  readonly all: boolean;
  readonly wide: boolean;
  readonly sort: Sort;
  readonly theme: ThemeName;
}

export interface Place {
  readonly view: View;
  readonly cursor: Cursor;
  /** Come to from the place before: the breadcrumbs go through it. */
  readonly child: boolean;
}

export type View = ListView | DocumentView;

/** Lines of which one is selected. */
export type ListView =
  | {
      readonly kind: 'issues';
      /** Undefined: all. */
      readonly namespace: string | undefined;
      readonly filter: string;
      readonly grouping: Grouping;
      /** Labels of groups. */
      readonly collapsed: ReadonlySet<string>;
      /** ms since 1970: how it was then; undefined: as it is. */
      readonly asOf: number | undefined;
      /** Name of the IssueGroup whose members these are; undefined: of any, or none. */
      readonly group: string | undefined;
    }
  | { readonly kind: 'groups' | 'namespaces' | 'controllers'; readonly filter: string };

export type IssuesView = Extract<ListView, { kind: 'issues' }>;

/** Text to scroll. `subject`, `evidence`, `ledger`: of an issue. */
export type DocumentView =
  | {
      readonly kind: 'issue' | 'evidence' | 'subject' | 'ledger';
      readonly namespace: string;
      readonly name: string;
      readonly asOf: number | undefined;
    }
  | { readonly kind: 'group'; readonly name: string }
  /** The keys and commands of another view. */
  | { readonly kind: 'help'; readonly about: View };

export const LIST_VIEWS = ['issues', 'groups', 'namespaces', 'controllers'] as const;

export function isList(view: View): view is ListView {
  return (LIST_VIEWS as readonly string[]).includes(view.kind);
}

export const ACTS = ['resolve', 'acknowledge', 'snooze'] as const;
export type Act = (typeof ACTS)[number];

/** A line that is being typed. */
export type Prompt =
  | {
      readonly kind: 'filter';
      readonly edit: Edit;
      /** What Esc brings back. */
      readonly before: string;
      readonly recalled?: Recalled | undefined;
    }
  | { readonly kind: 'command'; readonly edit: Edit; readonly recalled?: Recalled | undefined }
  | { readonly kind: 'act'; readonly edit: Edit; readonly act: Act; readonly keys: readonly string[] }
  /** Whether it is meant: several issues, and why is said. */
  | {
      readonly kind: 'confirm';
      readonly edit: Edit;
      readonly act: Act;
      readonly keys: readonly string[];
      readonly text: string;
    };

/** Where a key was pressed, and what it is about. */
export interface Asking {
  readonly act: Act;
  readonly keys: readonly string[];
  readonly view: View;
  /** The selected line. */
  readonly selected: string | undefined;
}

export interface Notice {
  readonly text: string;
  readonly role: 'good' | 'warning' | 'error';
  /** It is about the last key, and gone with the next. */
  readonly brief?: boolean;
}

/** A list with its filter and order, kept in the user's file. */
export interface SavedView {
  readonly name: string;
  readonly filter?: string;
  readonly namespace?: string;
  readonly grouping?: Grouping;
  readonly sort?: Sort;
  readonly wide?: boolean;
  readonly all?: boolean;
}

export const ISSUES: IssuesView = {
  ...{
    kind: 'issues',
    namespace: undefined,
    filter: '',
    grouping: 'none',
    collapsed: new Set<string>(),
    asOf: undefined,
    group: undefined,
  },
};

export interface Start {
  readonly size: Size;
  readonly options?: Partial<Options>;
  readonly view?: Partial<Omit<IssuesView, 'kind'>>;
  readonly shortcuts?: readonly string[];
  readonly saved?: readonly SavedView[];
}

export function initialState({ size, options, view, shortcuts = [], saved = [] }: Start): State {
  return {
    ...{
      size,
      at: 0,
      marked: new Set<string>(),
      prompt: undefined,
      asking: undefined,
      notice: undefined,
      shortcuts,
      saved,
    },
    typedBefore: { filter: [], command: [] },
    places: [{ view: { ...ISSUES, ...view }, cursor: TOP, child: false }],
    options: { all: false, wide: false, sort: 'severity', theme: 'dark', ...options },
  };
}

export function placeOf(state: State): Place {
  return state.places[state.at] as Place;
}
