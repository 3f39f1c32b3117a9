import { completeCommand } from './command-line/commands.ts';
import { type Connection, pageOf, type Scene } from './frame/scene.ts';
import { bindingOf } from './keys/bindings.ts';
import { keyNames, type PressedKey } from './keys/key-name.ts';
import { isTyped, promptAction } from './keys/prompt-keys.ts';
import { unknownKey } from './keys/unknown-key.ts';
import { Look } from './look/look.ts';
import { Memberships } from './memberships.ts';
import { linesOf, Model } from './model.ts';
import type { TuiOptions } from './outside.ts';
import { Papers } from './papers.ts';
import { Past } from './past.ts';
import { Rights } from './rights.ts';
import type { RowChanges } from './rows/row-store.ts';
import { compareCounts, linesOfTable } from './small-tables.ts';
import type { Follower, Source } from './source/source.ts';
import type { Action } from './state/action.ts';
import { type Lines, NO_LINES } from './state/cursor.ts';
import { settled } from './state/places.ts';
import { reduce, type Surroundings } from './state/reduce.ts';
import { type Act, type IssuesView, isList, type Notice, placeOf, type State, type View } from './state/state.ts';
import { Tables } from './tables.ts';

/** Changes of issues are shown so often; keys are answered at once. */
const FRAME_MS = 100;
const TICK_MS = 1_000;
const NEWS_MS = 15_000;
/** So many without a key. */
const QUIET_TICKS = 5;
/** So many issues at once are of a list that is read: a slice has 50. */
const SLICE = 50;

/** The terminal UI without a terminal: state, data and keys in, scenes and effects out. */
export class Tui implements Disposable {
  readonly model = new Model();
  readonly rights: Rights;
  readonly source: Source;
  readonly #options: TuiOptions;
  readonly #papers: Papers;
  readonly #tables: Tables;
  readonly #past: Past;
  readonly #members: Memberships;
  readonly #ending = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  #state: State;
  #look: Look;
  #connection: Connection = { kind: 'connecting' };
  #following: AbortController | undefined;
  /** The only namespace that may be listed. */
  #scope: string | undefined;
  /** One namespace at a time is followed: it was asked for, or more may not be listed. */
  #limited: boolean;
  /** The lines of the last frame. */
  #drawn: { readonly view: View | undefined; readonly count: number } = { view: undefined, count: 0 };
  #timer: NodeJS.Timeout | undefined;
  readonly #tick: NodeJS.Timeout;
  #changes = 0;
  #contexts: readonly string[] | undefined;
  /** Ticks since the last key. */
  #quiet = 0;
  readonly #watched = new Set<string>();
  #told: { readonly notice: Notice | undefined; readonly at: number } = { notice: undefined, at: 0 };

  constructor(options: TuiOptions) {
    const { source, state, signal, outside } = options;
    this.#options = options;
    this.#state = state;
    this.#look = this.#newLook();
    this.source = source;
    this.#limited = options.namespace !== undefined;
    const until = AbortSignal.any([signal, this.#ending.signal]);
    const later = (): void => this.#later();
    this.rights = new Rights(source, until, later);
    this.#papers = new Papers(source, until, later);
    this.#tables = new Tables(source, this.model, until, later);
    this.#past = new Past(source, later, outside.now);
    this.#members = new Memberships(source, later, outside.now);
    this.#tick = setInterval(() => {
      this.#quiet++;
      this.#forgetNotice(outside.now());
      // Nobody reads the seconds of an age on a screen that nobody touches, and every frame is work.
      if (options.ticking !== false && (this.#quiet < QUIET_TICKS || this.#quiet % QUIET_TICKS === 0)) this.draw();
      if (this.#quiet % QUIET_TICKS === 0) outside.rest('quiet');
    }, TICK_MS);
  }

  get state(): State {
    return this.#state;
  }

  get look(): Look {
    return this.#look;
  }

  /** Follows the issues until it is disposed. Rejects for a mistake of ours alone. */
  async run(): Promise<void> {
    this.#follow(this.#options.namespace);
    await this.#ended.promise;
  }

  dispatch(action: Action): void {
    const before = this.#state;
    const [state, effects] = reduce(before, action, this.#surroundings());
    this.#state = state;
    if (state.options.theme !== before.options.theme) this.#look = this.#newLook();
    this.#followNamespace(before);
    this.#entered(before);
    for (const effect of effects) this.#options.outside.perform(effect);
    this.#later(0);
  }

  /** A key, or several that came at once: what follows the key of a line is typed into it. */
  press(input: string, key: PressedKey): void {
    this.#quiet = 0;
    if (this.#state.notice?.brief) this.#state = { ...this.#state, notice: undefined };
    if (this.#state.prompt !== undefined && isTyped(input, key)) {
      this.dispatch({ kind: 'type', text: input });
      this.draw();
      return;
    }
    for (const name of keyNames(input, key)) {
      // Each may begin a line, or end it.
      const action =
        this.#state.prompt === undefined
          ? (bindingOf(name, placeOf(this.#state).view)?.action ?? unknownKey(name))
          : promptAction(name);
      if (action !== undefined) this.dispatch(action);
    }
    this.draw();
  }

  /** Text, wherever it comes from, is typed and never taken for keys. */
  paste(text: string): void {
    if (this.#state.prompt !== undefined) this.dispatch({ kind: 'type', text });
  }

  draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#ending.signal.aborted) return;
    this.#options.outside.draw(this.scene());
  }

  scene(): Scene {
    const { now } = this.#options.outside;
    const at = now();
    const { listing, table, text, lines, model, connection } = this.#data(at);
    this.#state = settled(this.#state, lines, this.#page(), this.#atEnd(lines));
    const { view, cursor } = placeOf(this.#state);
    const namespace = this.#namespaceAt(lines.keyAt(cursor.index));
    if (namespace !== undefined) this.rights.look(namespace);
    return {
      ...{
        state: this.#state,
        look: this.#look,
        now: at,
        place: this.source.place,
        connection,
        lines,
        listing,
        table,
        text,
      },
      counts: model.counts(view.kind === 'issues' ? view.namespace : undefined),
      columns: model.columns.length > 0 ? model.columns : this.model.columns,
      filterFault: view.kind === 'issues' ? (model.fault ?? model.advice) : undefined,
      candidates: this.#candidates(),
      denied: (act: Act) => namespace !== undefined && this.rights.denied(act, namespace),
    };
  }

  /** What was read before, or could not be read, is asked for again; what is shown stays until there is an answer. */
  readAgain(): void {
    this.#papers.again(placeOf(this.#state).view);
    this.#past.again();
    this.#members.again();
    this.#later(0);
  }

  /** Nobody wants to wait any longer: what is lost is tried now, and what could not be read is read. */
  wake(): void {
    if (this.#connection.kind === 'lost' || this.#connection.kind === 'refused') this.#follow(this.#scope);
    this.readAgain();
  }

  /** This issue is told of when it is over: somebody did something to it, or looks at it. */
  watch(keys: readonly string[]): void {
    for (const key of keys) this.#watched.add(key);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#tick);
    clearTimeout(this.#timer);
    this.#ending.abort();
    this.#ended.resolve();
    this.#following?.abort();
    this.rights[Symbol.dispose]();
    this.#past[Symbol.dispose]();
    this.#members[Symbol.dispose]();
  }

  /** What was told is no longer news. */
  #forgetNotice(now: number): void {
    const { notice } = this.#state;
    if (notice !== this.#told.notice) this.#told = { notice, at: now };
    else if (notice !== undefined && now - this.#told.at > NEWS_MS) {
      if (this.#options.ticking === false) this.#state = { ...this.#state, notice: undefined };
      else this.dispatch({ kind: 'notice', notice: undefined });
    }
  }

  #newLook(): Look {
    const { colours, unicode } = this.#options;
    return new Look({ theme: this.#state.options.theme, colours, unicode });
  }

  #page(): number {
    return pageOf(this.#state.size.rows);
  }

  #later(ms = FRAME_MS): void {
    if (ms === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    this.#timer ??= setTimeout(() => this.draw(), ms);
  }

  /** Whether the end of the document was on the screen when it was drawn last, and it has grown. */
  #atEnd({ count }: Lines): boolean {
    const { view, cursor } = placeOf(this.#state);
    const { view: of, count: before } = this.#drawn;
    this.#drawn = { view, count };
    return (
      !isList(view) && view === of && count > before && before > this.#page() && cursor.top + this.#page() >= before
    );
  }

  /** What the view shows. */
  #data(now: number): Pick<Scene, 'listing' | 'table' | 'text' | 'lines' | 'connection'> & { readonly model: Model } {
    const { view } = placeOf(this.#state);
    const nothing = {
      ...{ listing: undefined, table: undefined, text: undefined },
      ...{ model: this.model, connection: this.#connection },
    };
    if (view.kind === 'issues') {
      const scope = view.namespace ?? this.#scope;
      const { model, connection } = view.asOf === undefined ? nothing : this.#past.at(view.asOf, scope);
      const { group, asOf } = view;
      const asked = { asOf, namespace: this.#scope, all: this.#state.options.all };
      const members = group === undefined ? undefined : this.#members.of({ ...asked, group }, this.#changes);
      const listing = model.listing(view, this.#state.options, now, members?.among);
      const lines = linesOf(listing, model);
      return { ...nothing, model, connection: members?.connection ?? connection, listing, lines };
    }
    if (isList(view)) {
      const table = this.#tables.table(view.kind, view.filter, now, this.#changes);
      return { ...nothing, table, lines: linesOfTable(table) };
    }
    const text = this.#papers.lines(view, this.#state.size.columns);
    const isOfThen = 'asOf' in view && view.asOf !== undefined;
    const connection: Connection = isOfThen ? { kind: 'still' } : nothing.connection;
    return { ...nothing, connection, text, lines: { ...NO_LINES, count: text.length } };
  }

  #surroundings(): Surroundings {
    const now = this.#options.outside.now();
    const { lines, listing } = this.#data(now);
    return {
      ...{ lines, now, page: this.#page(), isProposed: this.#members.isProposed },
      under: (key) => {
        if (!key.startsWith('\u0000')) return [key];
        return listing?.rowsOf(key.slice(1)).map((row) => row.key) ?? [];
      },
      completions: (command) => this.#completions(command),
    };
  }

  #completions(command: string): readonly string[] {
    if (command === 'view') return this.#state.saved.map(({ name }) => name);
    if (command === 'context') return this.#contextNames();
    if (command === 'namespaces') return ['all', ...[...this.model.byNamespace.counts.keys()].sort()];
    return [];
  }

  /** Read when they are asked for first; none until they are there. */
  #contextNames(): readonly string[] {
    if (this.#contexts === undefined) {
      this.#contexts = [];
      void this.#options.contexts?.().then(
        (names) => {
          this.#contexts = names;
          this.#later();
        },
        () => {},
      );
    }
    return this.#contexts;
  }

  #candidates(): readonly string[] {
    const { prompt } = this.#state;
    if (prompt?.kind !== 'command' || prompt.edit.text === '') return [];
    return completeCommand(prompt.edit.text, (command) => this.#completions(command)).candidates;
  }

  #namespaceAt(key: string | undefined): string | undefined {
    const { view } = placeOf(this.#state);
    if ('name' in view && 'namespace' in view) return view.namespace;
    if (view.kind !== 'issues') return undefined;
    return view.namespace ?? this.model.store.get(key ?? '')?.namespace;
  }

  /** What it rejects with is a mistake of ours, whichever namespace is followed then: `run` tells of it. */
  #follow(namespace: string | undefined): void {
    this.#following?.abort();
    const stop = new AbortController();
    this.#following = stop;
    this.#scope = namespace;
    const until = AbortSignal.any([this.#options.signal, this.#ending.signal, stop.signal]);
    this.source.follow(this.#follower(stop.signal), namespace, until).catch(this.#ended.reject);
  }

  /** Who may list one namespace at a time looks at another: it is listed. */
  #followNamespace(before: State): void {
    if (!this.#limited) return;
    const [was, is] = [placeOf(before).view, placeOf(this.#state).view] as [IssuesView, IssuesView];
    if (is.kind !== 'issues' || (was.kind === 'issues' && was.namespace === is.namespace)) return;
    if (is.namespace !== this.#scope) this.#follow(is.namespace);
  }

  /** Who comes to a document wants it as it is now. */
  #entered(before: State): void {
    const { view } = placeOf(this.#state);
    if (view === placeOf(before).view) return;
    this.#past.again();
    if (view.kind !== 'issues' || view.group === undefined) this.#members.left();
    this.#papers.left(placeOf(before).view);
    if (!isList(view)) this.#papers.entered(view);
  }

  #follower(stopped: AbortSignal): Follower {
    const told = (tell: () => void): void => {
      if (stopped.aborted) return;
      tell();
      this.#later();
    };
    return {
      connection: (connection) =>
        told(() => {
          const isBack = connection.kind === 'live' && this.#connection.kind !== 'live';
          this.#connection = connection;
          if (isBack) this.readAgain();
        }),
      columns: (columns) =>
        told(() => {
          this.model.columns = columns;
        }),
      rows: (put, remove) =>
        told(() => {
          this.#changed(this.model.apply(put, remove));
          if (put.length >= SLICE) this.#options.outside.rest('loading');
        }),
      synced: (keys) =>
        told(() => {
          this.#changed(this.model.keepOnly(keys));
          this.#chooseShortcuts();
        }),
      limited: (namespace, why) =>
        told(() => {
          this.#limited = true;
          this.#scope = namespace;
          this.dispatch({ kind: 'namespace', namespace });
          this.dispatch({ kind: 'notice', notice: { role: 'warning', text: `only namespace ${namespace}: ${why}` } });
        }),
    };
  }

  #changed({ gone, come }: RowChanges): void {
    this.#changes++;
    const deleted = gone.flatMap(({ key }) => (this.#state.marked.has(key) && !this.model.store.get(key) ? [key] : []));
    if (deleted.length > 0) this.dispatch({ kind: 'done', keys: deleted });
    const { view } = placeOf(this.#state);
    const about = 'name' in view && 'namespace' in view ? `${view.namespace}/${view.name}` : undefined;
    for (const row of come) {
      this.#papers.changed(row, view);
      const isOver = !row.active && gone.some((each) => each.key === row.key && each.active);
      if (!isOver || !(this.#watched.has(row.key) || row.key === about)) continue;
      this.dispatch({ kind: 'notice', notice: { role: 'good', text: `${row.key} is resolved` } });
    }
  }

  /** Once, so that a number means the same all day. */
  #chooseShortcuts(): void {
    if (this.#state.shortcuts.length > 0) return;
    const worst = [...this.model.byNamespace.counts].sort(([a, x], [b, y]) => compareCounts(x, y) || (a < b ? -1 : 1));
    this.dispatch({ kind: 'shortcuts', shortcuts: worst.slice(0, 9).map(([namespace]) => namespace) });
  }
}
