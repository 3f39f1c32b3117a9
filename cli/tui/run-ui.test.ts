import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commands } from '../commands/index.ts';
import { runProgram } from '../program.ts';
import { recordedOutput, recordedStreams } from '../testing/recorded-streams.ts';
import { type FakeApi, fakeApi } from './testing/api-server.ts';
import { MORNING } from './testing/issues.ts';
import { type FakeTerminal, fakeTerminal } from './testing/terminal.ts';

/** `faultline ui` through Ink on a terminal that remembers. */
let api: FakeApi;
let home: string;
let terminal: FakeTerminal;
beforeEach(async () => {
  api = await fakeApi(MORNING);
  home = await mkdtemp(join(tmpdir(), 'faultline-ui-'));
  terminal = fakeTerminal();
  await writeFile(
    join(home, 'config'),
    JSON.stringify({
      'current-context': 'work',
      clusters: [{ name: 'c', cluster: { server: api.url } }],
      users: [{ name: 'u', user: { token: 'sesame' } }],
      contexts: [{ name: 'work', context: { cluster: 'c', user: 'u' } }],
    }),
  );
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

function begin(argv: readonly string[], env: Record<string, string> = {}) {
  const err = recordedOutput({ isTTY: true });
  const stop = new AbortController();
  const streams = {
    ...recordedStreams({ err, out: recordedOutput({ isTTY: true }), signal: stop.signal }),
    ...{ terminal, directory: home },
    env: { KUBECONFIG: 'config', HOME: home, LANG: 'C.UTF-8', TERM: 'xterm', ...env },
  };
  const exitCode = runProgram(argv, streams, { name: 'faultline', version: '0', commands });
  return { exitCode, err, stop };
}

/** What is on the screen. */
const text = () => terminal.screen.text();
const shows = (wanted: string | RegExp, timeout = 25_000) =>
  vi.waitFor(() => expect(text()).toMatch(wanted), { timeout, interval: 10 });

const ALTERNATE = '\u001b[?1049h';

// Several waits each, on a machine that may be busy.
const PATIENT = { timeout: 150_000 };

describe('faultline on a terminal', PATIENT, () => {
  it('without a command opens the full screen; q leaves it as it was', async () => {
    const { exitCode, err } = begin([]);
    await shows(/payments: build fails/);
    expect([terminal.screen.alternate, terminal.screen.cursorShown, terminal.isRaw()]).toEqual([true, false, true]);
    expect(terminal.screen.lines()).toHaveLength(24);
    terminal.press('q');
    expect(await exitCode).toBe(0);
    expect([terminal.screen.alternate, terminal.screen.cursorShown, text()]).toEqual([false, true, '']);
    expect([terminal.isRaw(), err.text()]).toEqual([false, '']);
  });

  it('acts, copies through the terminal, and keeps a view in the file of the person', async () => {
    api.answers = (url) => ({ status: url.pathname.endsWith('selfsubjectaccessreviews') ? { allowed: true } : {} });
    const { exitCode } = begin(['ui', '--filter', 'ns:checkout']);
    await shows(/live/);
    terminal.press('a');
    await shows(/acknowledge checkout\/component-payments-mfrggzdf\?/);
    terminal.press('mine');
    terminal.press('\r');
    await shows(/payments-mfrggzdf acknowledged/);
    expect(api.asked.find(({ url }) => url.endsWith('/acknowledge'))?.body).toMatchObject({
      spec: { comment: 'mine' },
    });
    terminal.press('y');
    await shows("sent to the terminal's clipboard: component-payments-mfrggzdf");
    expect(terminal.screen.clipboard).toBe('component-payments-mfrggzdf');
    terminal.press(':');
    terminal.press('save teams');
    terminal.press('\r');
    await shows('saved as teams');
    expect(await readFile(join(home, '.config/faultline/ui.yaml'), 'utf8')).toBe(
      'views:\n  - name: teams\n    filter: ns:checkout\n',
    );
    terminal.press('\u0003');
    expect(await exitCode).toBe(0);
  });

  it('goes to another cluster of the kubeconfig, says which there are, and stays where that cannot be', async () => {
    await using there = await fakeApi([
      { name: 'node-worker-mfrggzdf', namespace: 'infra', title: 'the disk is full' },
    ]);
    const config = JSON.parse(await readFile(join(home, 'config'), 'utf8'));
    config.clusters.push({ name: 'd', cluster: { server: there.url } });
    config.contexts.push({ name: 'production', context: { cluster: 'd', user: 'u' } });
    config.contexts.push({ name: 'broken', context: { cluster: 'nowhere', user: 'u' } });
    await writeFile(join(home, 'config'), JSON.stringify(config));
    const { exitCode, err } = begin(['ui', '--filter', 'payments']);
    await shows(/live/);
    terminal.press(':');
    terminal.press('ctx ');
    await shows('tab: work  production  broken');
    terminal.press('prodction\r');
    await shows('the kubeconfig has no context prodction; did you mean "production"?');
    terminal.press(':');
    terminal.press('ctx broken\r');
    await shows('the context "broken" (config) names no cluster with a server');
    expect(text()).toContain('payments: build fails');
    terminal.press('w');
    terminal.press(':');
    terminal.press('ctx pr\t\r');
    await shows(/the disk is full/);
    expect(text()).toMatch(/faultline · production.* STATE /s);
    expect(text()).not.toContain('payments');
    terminal.press(':');
    terminal.press('ctx work\r');
    await shows(/payments: build fails/);
    terminal.press('q');
    expect([await exitCode, err.text(), terminal.screen.alternate]).toEqual([0, '', false]);
  });

  it('in tmux copies through tmux, which takes no sequence of a program', async () => {
    const bin = join(home, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'tmux'), '#!/bin/sh\necho "$@" > "$HOME/asked"; cat > "$HOME/buffer"\n', { mode: 0o755 });
    const { exitCode } = begin(['ui'], { TMUX: '/tmp/tmux-1/default,1,0', PATH: `${bin}:/usr/bin:/bin` });
    await shows(/live/);
    terminal.press('y');
    await shows("sent to tmux and the terminal's clipboard: component-payments-mfrggzdf");
    expect(await readFile(join(home, 'asked'), 'utf8')).toBe('load-buffer -w -\n');
    expect(await readFile(join(home, 'buffer'), 'utf8')).toBe('component-payments-mfrggzdf');
    expect(terminal.screen.clipboard).toBeUndefined();
    terminal.press('q');
    await exitCode;
  });

  it('who may not act is told so before anything is typed', async () => {
    api.answers = () => ({ status: { allowed: false } });
    const { exitCode } = begin(['ui']);
    await shows(/live/);
    terminal.press('r');
    await shows('you may not resolve issues in checkout: ask for create on issues/resolve');
    terminal.press('q');
    await exitCode;
    expect(api.asked.filter(({ url }) => url.endsWith('/resolve'))).toEqual([]);
  });

  it('follows the size of the terminal', async () => {
    const { exitCode } = begin(['ui']);
    await shows(/live/);
    expect(text()).not.toContain('space mark');
    terminal.resize(200, 40);
    await shows('space mark');
    terminal.press('q');
    expect(await exitCode).toBe(0);
  });

  it('a signal ends it, and the terminal is as it was', async () => {
    const { exitCode, stop } = begin(['ui']);
    await shows(/live/);
    stop.abort(new Error('SIGTERM'));
    await exitCode;
    expect([terminal.screen.alternate, terminal.screen.cursorShown]).toEqual([false, true]);
  });

  it('for a screen reader it writes sentences, and no other screen', async () => {
    const { exitCode } = begin(['ui', '--screen-reader']);
    await shows(/critical build: payments: build fails: unit tests, exit code 1, in\s+checkout/);
    expect(terminal.written()).not.toContain(ALTERNATE);
    terminal.press('q');
    await exitCode;
    // Of the shell that comes next.
    expect(terminal.written()).toMatch(/\n$/);
  });
});

describe('what cannot be is one line', PATIENT, () => {
  it.each([
    [['ui', '--view', 'mine'], {}, /^error: no view is saved as "mine" \(there is none\)\n$/],
    [
      ['ui'],
      { TERM: 'dumb' },
      /^error: faultline ui moves the cursor, and TERM=dumb says that there is none: use faultline get -w\n$/,
    ],
    [['ui'], { KUBECONFIG: 'nowhere' }, /^error: cannot read the kubeconfig nowhere/],
    [['ui', '--from', 'nowhere'], {}, /^error: cannot read nowhere: no such file or folder\n$/],
  ])('%j %j', async (argv, env, line) => {
    const { exitCode, err } = begin(argv, env as Record<string, string>);
    expect([await exitCode, err.text()]).toEqual([1, expect.stringMatching(line)]);
    expect(terminal.written()).not.toContain(ALTERNATE);
  });

  it('a file of settings has its faults told at their places', async () => {
    await writeFile(join(home, 'ui.yaml'), 'theme: pink\nviews:\n  - {name: a b}\n  - {name: x, sort: size}\n');
    const { exitCode, err } = begin(['ui'], { FAULTLINE_UI_CONFIG: join(home, 'ui.yaml') });
    expect(await exitCode).toBe(1);
    expect(err.text()).toMatch(/ui\.yaml:1:8: theme[^\n]*\n[^\n]*ui\.yaml:3:12: [^\n]*\n[^\n]*ui\.yaml:4:21: /);
  });
});

describe('offline', () => {
  it('shows the issues of recorded objects, and their subjects', { timeout: 180_000 }, async () => {
    await cp(join(import.meta.dirname, '../../examples/cluster'), join(home, 'gather'), { recursive: true });
    const { exitCode, err } = begin(['ui', '--from', 'gather']);
    // The screen is there before what takes long.
    await shows(/loading/, 120_000);
    expect([terminal.screen.alternate, terminal.isRaw()]).toEqual([true, true]);
    await shows('Build of payments', 120_000);
    terminal.press('/dashboards');
    terminal.press('\r');
    terminal.press('e');
    await shows(/kind: Component/);
    expect(text()).not.toContain('managedFields');
    terminal.press('q');
    terminal.press('a');
    await shows('these are recorded objects: nothing can be done to their issues');
    expect([api.asked, err.text()]).toEqual([[], '']);
    terminal.press('\u0003');
    expect(await exitCode).toBe(0);
  });
});
