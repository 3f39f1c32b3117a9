import { stat } from 'node:fs/promises';
import { oneLine } from '../../crds/text.ts';
import { contextNames, kubeconfigFiles } from '../cluster/context-names.ts';
import type { UiOptions } from '../commands/ui.ts';
import { EXIT, Failure } from '../exit.ts';
import { connectToRead } from '../reading/connect.ts';
import type { Streams, Terminal } from '../streams.ts';
import { wantsColor } from '../streams.ts';
import { clipboardSequence, loadTmuxBuffer } from './clipboard.ts';
import { frame } from './frame/frame.ts';
import { spoken as spokenFrame } from './frame/spoken.ts';
import { showsUnicode } from './look/symbols.ts';
import { memoryKeeper } from './memory.ts';
import { AT_ONCE, atMost, copyOf, performAll } from './perform.ts';
import { paintedScreen } from './screen/painted.ts';
import type { Shown, ShowOptions } from './screen/shown.ts';
import { readSettings, type Settings, saveView, settingsPath } from './settings/settings.ts';
import type { Source } from './source/source.ts';
import type { Effect } from './state/action.ts';
import { initialState, type State } from './state/state.ts';
import { Tui } from './tui.ts';

/** Keys are read after the first frame with an answer, or after so long without one. */
const PATIENCE_MS = 250;

/** `faultline ui`: answers the exit code. Throws a Failure of one line when there is no terminal or no kubeconfig. */
export async function runUi(options: UiOptions, streams: Streams): Promise<number> {
  const { terminal, env } = streams;
  if (terminal === undefined) {
    throw new Failure('faultline ui needs a terminal: for scripts and pipes there is faultline get');
  }
  if (env.TERM === 'dumb') {
    throw new Failure('faultline ui moves the cursor, and TERM=dumb says that there is none: use faultline get -w');
  }
  const spoken = options.screenReader || env.INK_SCREEN_READER === 'true';
  const [settings, source] = await Promise.all([readSettings(settingsPath(env)), sourceOf(options, streams)]);
  let tui: Tui | undefined;
  await using shown = await screenOf(spoken, {
    ...{ terminal, wheel: settings.wheel ?? true },
    onKey: (input, key) => tui?.press(input, key),
    onPaste: (text) => tui?.paste(text),
  });
  const screen: OnScreen = {
    ...{ streams, terminal, shown, settings, spoken },
    attach: (running) => {
      tui = running;
    },
  };
  let next: Visit | undefined = { source, options, state: stateOf(options, settings, terminal) };
  while (next !== undefined) next = await visited(next, screen);
  return EXIT.ok;
}

async function screenOf(spoken: boolean, options: ShowOptions): Promise<Shown> {
  return spoken ? (await import('./ink/spoken.ts')).spokenScreen(options) : paintedScreen(options);
}

/** What is looked at: a cluster, or a folder. */
interface Visit {
  readonly source: Source;
  readonly options: UiOptions;
  readonly state: State;
}

/** What stays from one cluster to the next. */
interface OnScreen {
  readonly streams: Streams;
  readonly terminal: Terminal;
  readonly shown: Shown;
  readonly settings: Settings;
  readonly spoken: boolean;
  /** Whose the keys are. */
  attach(tui: Tui): void;
}

/** Shows it until somebody leaves; answers what is to be looked at then. */
async function visited({ source, options, state }: Visit, screen: OnScreen): Promise<Visit | undefined> {
  await using _ = source;
  const { streams, terminal, shown, settings, spoken } = screen;
  const { env } = streams;
  const stop = new AbortController();
  const signal = AbortSignal.any([streams.signal, stop.signal]);
  const until = Promise.withResolvers<Visit | undefined>();
  const listen = (): void => void shown.listen().catch(until.reject);
  // Who waits for a server may leave meanwhile.
  const patience = setTimeout(listen, PATIENCE_MS);
  const draw = spoken ? spokenFrame : frame;
  using running = new Tui({
    ...{ source, signal, state, namespace: options.namespace },
    colours: !spoken && wantsColor(streams.out, env),
    ticking: !spoken,
    unicode: !options.ascii && (settings.symbols === undefined ? showsUnicode(env) : settings.symbols === 'unicode'),
    contexts: () => contextNames(kubeconfigFiles(options.kubeconfig, streams)),
    outside: {
      now: Date.now,
      draw: (scene) => {
        shown.lines(draw(scene));
        if (scene.connection.kind !== 'connecting') listen();
      },
      rest: memoryKeeper(),
      perform: (effect) => void performed(effect),
    },
  });
  screen.attach(running);
  const performed = (effect: Effect) =>
    perform(effect, { tui: running, shown, streams, signal, options, leave: until.resolve });
  const resize = (): void => running.dispatch({ kind: 'resize', size: sizeOf(terminal) });
  terminal.out.on('resize', resize);
  signal.addEventListener('abort', () => until.resolve(undefined), { once: true });
  running.draw();
  running.run().catch(until.reject);
  try {
    return await until.promise;
  } finally {
    clearTimeout(patience);
    terminal.out.off('resize', resize);
    stop.abort();
  }
}

/** Another cluster, with the screen as it is arranged. Throws a Failure of one line when it cannot be asked. */
async function inContext(context: string, { tui: { state }, options, streams }: Performing): Promise<Visit> {
  if (options.from !== undefined) throw new Failure('recorded objects have no other context');
  const there = { ...options, context, namespace: undefined };
  const { size, options: arranged, saved, typedBefore } = state;
  return {
    source: await sourceOf(there, streams),
    options: there,
    state: { ...initialState({ size, options: arranged, saved }), typedBefore },
  };
}

async function sourceOf(options: UiOptions, streams: Streams): Promise<Source> {
  if (options.from !== undefined) {
    const { folderSource } = await import('./source/folder-source.ts');
    const { from, config } = options;
    return await folderSource({ from, config, log: { level: 'silent', format: 'lines' }, streams, now: Date.now });
  }
  const { clusterSource } = await import('./live/cluster-source.ts');
  return await clusterSource({
    connect: () => connectToRead(options, streams),
    version: () => versionOfFiles(kubeconfigFiles(options.kubeconfig, streams)),
    ...{ signal: streams.signal, now: Date.now },
  });
}

/** When they were changed last; those that are not there say so, too. */
async function versionOfFiles(files: readonly string[]): Promise<string> {
  const times = files.map((file) =>
    stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => 'absent',
    ),
  );
  return (await Promise.all(times)).join();
}

function stateOf(options: UiOptions, settings: Settings, terminal: Terminal): State {
  const theme = options.theme ?? settings.theme;
  const saved = settings.views ?? [];
  const view = saved.find(({ name }) => name === options.view);
  if (options.view !== undefined && view === undefined) {
    const names = saved.length === 0 ? 'there is none' : `there is ${saved.map(({ name }) => name).join(', ')}`;
    throw new Failure(`no view is saved as "${options.view}" (${names})`);
  }
  const filter = options.filter ?? view?.filter;
  const namespace = options.namespace ?? view?.namespace;
  return initialState({
    size: sizeOf(terminal),
    options: {
      ...(theme && { theme }),
      all: options.all || (view?.all ?? false),
      ...(view?.wide !== undefined && { wide: view.wide }),
      ...(view?.sort !== undefined && { sort: view.sort }),
    },
    view: { namespace, ...(filter !== undefined && { filter }), ...(view?.grouping && { grouping: view.grouping }) },
    ...(settings.namespaces && { shortcuts: settings.namespaces }),
    saved,
  });
}

function sizeOf({ out }: Terminal): { columns: number; rows: number } {
  return { columns: out.columns || 80, rows: out.rows || 24 };
}

interface Performing {
  readonly tui: Tui;
  readonly shown: Shown;
  readonly streams: Streams;
  readonly signal: AbortSignal;
  readonly options: UiOptions;
  leave(next: Visit | undefined): void;
}

async function perform(effect: Effect, performing: Performing): Promise<void> {
  const { tui, shown, streams, signal, leave } = performing;
  const tell = (text: string, role: 'good' | 'warning' | 'error' = 'good'): void =>
    tui.dispatch({ kind: 'notice', notice: { text: oneLine(text, 500), role } });
  const rowOf = (key: string) => tui.model.store.get(key) ?? [];
  switch (effect.kind) {
    case 'quit':
      return leave(undefined);
    case 'redraw':
      tui.wake();
      return shown.again();
    case 'copy': {
      const text = copyOf(effect.what, effect.keys.flatMap(rowOf));
      if (text === '') return tell('there is nothing to copy', 'warning');
      const { env } = streams;
      const byTmux = (env.TMUX ?? '') !== '' && (await loadTmuxBuffer(text, env));
      if (!byTmux) shown.send(clipboardSequence(text));
      const what = effect.keys.length === 1 ? text : `${effect.keys.length} lines`;
      return tell(`sent to ${byTmux ? 'tmux and ' : ''}the terminal's clipboard: ${what}`);
    }
    case 'open': {
      const [row] = [rowOf(effect.key)].flat();
      if (row === undefined || row.link === '') return tell('the issue has no link', 'warning');
      const { openUrl } = await import('../reading/run-open.ts');
      if (await openUrl(row.link)) return tell(`opened ${row.link}`);
      return tell(`no browser here: ${row.link} (Y copies it)`, 'warning');
    }
    case 'save':
      try {
        const saved = await saveView(settingsPath(streams.env), effect.view);
        tui.dispatch({ kind: 'saved-views', saved });
        return tell(`saved as ${effect.view.name}: :view ${effect.view.name}`);
      } catch (error) {
        return tell(error instanceof Error ? error.message : String(error), 'error');
      }
    case 'context':
      try {
        return leave(await inContext(effect.name, performing));
      } catch (error) {
        return tell(error instanceof Error ? error.message : String(error), 'error');
      }
    case 'check':
      return await check(effect, tui, tell);
    case 'act': {
      const { act, keys, text } = effect;
      tui.watch(keys);
      const notice = await performAll(tui.source, act, keys, text, signal);
      tui.dispatch({ kind: 'done', keys });
      return tui.dispatch({ kind: 'notice', notice });
    }
    default:
      return effect satisfies never;
  }
}

/** Who may not is told so before anything is typed. */
async function check(
  { act, keys }: Extract<Effect, { kind: 'check' }>,
  tui: Tui,
  tell: (text: string, role: 'error' | 'warning') => void,
): Promise<void> {
  const { rights, source } = tui;
  if (source.still !== undefined) return tell(source.still, 'warning');
  const namespaces = [...new Set(keys.map((key) => key.slice(0, key.indexOf('/'))))];
  const answers = await atMost(AT_ONCE, namespaces, (namespace) => rights.may(act, namespace));
  const denied = namespaces.filter((_, at) => !answers[at]);
  if (denied.length > 0) {
    return tell(
      `you may not ${act} issues in ${denied.join(', ')}: ask for create on issues/${act} (docs/actions.md)`,
      'error',
    );
  }
  tui.dispatch({ kind: 'allowed', act, keys });
}
