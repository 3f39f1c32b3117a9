import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { displayWidth } from '../printers/table.ts';
import { Refusal } from '../reading/fault.ts';
import { frame } from './frame/frame.ts';
import type { Scene } from './frame/scene.ts';
import { spoken } from './frame/spoken.ts';
import type { Follower } from './source/source.ts';
import type { Effect } from './state/action.ts';
import { initialState, type Start } from './state/state.ts';
import { type Given, MORNING, NOW } from './testing/issues.ts';
import { type StillSource, stillSource } from './testing/still-source.ts';
import { Tui } from './tui.ts';

/** The terminal UI without a terminal: keys in, frames out. */
interface Driven extends Disposable {
  readonly tui: Tui;
  readonly source: StillSource;
  readonly effects: Effect[];
  /** How many frames. */
  readonly drawn: number;
  /** Of `run`. */
  readonly ran: Promise<void>;
  frame(): string[];
  text(): string;
  keys(...keys: readonly string[]): string;
}

const NAMED: Readonly<Record<string, object>> = {
  enter: { return: true },
  esc: { escape: true },
  tab: { tab: true },
  down: { downArrow: true },
};

/** Stands still unless a test moves it. */
const clock = (): number => (Date.now() - NOW > 30_000 ? Date.now() : NOW);

async function drive(
  given: readonly Given[] = MORNING,
  over: Partial<Start> & {
    colours?: boolean;
    unicode?: boolean;
    namespace?: string;
    ticking?: boolean;
    source?: Parameters<typeof stillSource>[1];
  } = {},
): Promise<Driven> {
  const { colours = false, unicode = true, ticking = true, namespace, source: overSource, ...start } = over;
  const source = stillSource(given, overSource);
  const effects: Effect[] = [];
  let drawn = 0;
  const outside = {
    now: clock,
    draw: () => {
      drawn++;
    },
    rest: () => {},
    perform: (effect: Effect) => void effects.push(effect),
  };
  const state = initialState({ size: { columns: 80, rows: 24 }, ...start });
  const tui = new Tui({
    source,
    state,
    colours,
    unicode,
    ticking,
    outside,
    signal: new AbortController().signal,
    namespace,
  });
  const ran = tui.run();
  ran.catch(() => {});
  await vi.advanceTimersByTimeAsync(200);
  const shown = (): string[] => frame(tui.scene());
  return {
    ...{ tui, source, effects, ran, frame: shown },
    get drawn() {
      return drawn;
    },
    text: () => shown().map(plain).join('\n'),
    keys(...keys) {
      for (const key of keys) tui.press(key in NAMED ? '' : key, NAMED[key] ?? {});
      return shown().map(plain).join('\n');
    },
    [Symbol.dispose]: () => tui[Symbol.dispose](),
  };
}

function plain(line: string): string {
  return line.replace(/\u001b\[[0-9;]*m/g, '').trimEnd();
}

beforeEach(() => vi.useFakeTimers({ now: NOW }));
afterEach(() => vi.useRealTimers());

describe('frames', () => {
  it.each([
    ['issues-80x24', 80, 24, []],
    ['issues-250x70', 250, 70, ['w']],
    ['tree-100x30', 100, 30, ['t']],
    ['filter-80x24', 80, 24, ['/', 'sev>=major !is:acked']],
    ['filter-fault-80x24', 80, 24, ['/', 'sev:critcal']],
    ['filter-advice-80x24', 80, 24, ['/', 'type:biuld', 'enter']],
    ['command-80x24', 80, 24, [':', 's']],
    ['details-250x70', 250, 70, ['enter']],
    ['evidence-80x24', 80, 24, ['l']],
    ['groups-80x24', 80, 24, [':', 'groups', 'enter']],
    ['marked-120x20', 120, 20, [' ', ' ', 'A', ':', 're']],
    ['tree-250x70', 250, 70, ['t', 'w', 'A']],
    ['namespaces-80x24', 80, 24, [':', 'ns', 'enter']],
    ['controllers-80x24', 80, 24, [':', 'controllers', 'enter']],
    ['help-100x60', 100, 60, ['?']],
    ['past-120x12', 120, 12, ['[', '[']],
    ['wide-80x24', 80, 24, ['w']],
    ['small-40x8', 40, 8, ['j']],
    ['too-small-20x5', 20, 5, []],
  ])('%s', async (name, columns, rows, keys) => {
    using driven = await drive(MORNING, { size: { columns, rows } });
    driven.keys(...keys);
    await vi.advanceTimersByTimeAsync(1_000);
    const lines = driven.frame();
    if (columns >= 40) expect(lines).toHaveLength(rows);
    for (const line of lines) expect(displayWidth(plain(line))).toBeLessThanOrEqual(columns);
    await expect(`${driven.text()}\n`).toMatchFileSnapshot(`testing/frames/${name}.txt`);
  });

  it('an empty list of a group says that there may be more than one may list', async () => {
    using driven = await drive(MORNING, { source: { members: async () => ({ group: 'CVE-elsewhere' }) } });
    driven.keys(':', 'groups', 'enter');
    await vi.advanceTimersByTimeAsync(200);
    driven.keys('enter');
    await vi.advanceTimersByTimeAsync(200);
    expect(driven.text()).toContain('No Active issues of this group that you may list.');
  });

  it('a name that is too long keeps its end, which tells it from others', async () => {
    using driven = await drive();
    expect(driven.text()).toMatch(/checkout +compo…mfrggzdf +critical/);
  });

  it('without Unicode nothing but ASCII is drawn', async () => {
    using driven = await drive(MORNING, { unicode: false, size: { columns: 120, rows: 30 } });
    for (const keys of [['j', ' '], ['t', 'j', 'z'], ['['], [':', 'x']])
      expect(driven.keys(...keys)).toMatch(/^[\n\x20-\x7e]*$/);
    await expect(`${driven.text()}\n`).toMatchFileSnapshot('testing/frames/ascii-120x30.txt');
  });

  it.each([
    ['dark', true],
    ['light', true],
    ['high-contrast', true],
    ['colour-blind', true],
    // NO_COLOR: bold, dim and inverse alone.
    ['dark', false],
  ] as const)('painted in %s, colours %s', async (theme, colours) => {
    using driven = await drive(MORNING, { colours, options: { theme, all: true } });
    driven.keys('j', ' ');
    const shown = driven.frame().join('\n').replaceAll('\u001b', '␛');
    await expect(`${shown}\n`).toMatchFileSnapshot(`testing/frames/painted-${colours ? theme : 'no-color'}-80x24.txt`);
  });

  it.each([
    ['issues', ['j']],
    ['prompt', [':', 'gro']],
    ['filter', ['/', 'sev>=major', 'enter']],
    ['details', ['enter']],
    ['help', ['?']],
  ])('as a screen reader says them: %s', async (name, keys) => {
    using driven = await drive(MORNING, { ticking: false });
    driven.keys(...keys);
    await vi.advanceTimersByTimeAsync(1_000);
    const said = spoken(driven.tui.scene()).join('\n');
    await expect(`${said}\n`).toMatchFileSnapshot(`testing/frames/spoken-${name}.txt`);
  });

  it.each(['dark', 'light', 'high-contrast', 'colour-blind'] as const)(
    'the theme %s paints, and says nothing else',
    async (theme) => {
      using painted = await drive(MORNING, { colours: true, options: { theme } });
      using bare = await drive(MORNING);
      expect(painted.text()).toBe(bare.text());
      expect(painted.frame().join('\n')).toMatch(/\u001b\[(1;|38;|9|3)/);
    },
  );

  it('NO_COLOR: no colour, and what is selected is still seen', async () => {
    using driven = await drive(MORNING);
    const codes = [
      ...driven
        .frame()
        .join('\n')
        .matchAll(/\u001b\[([0-9;]*)m/g),
    ].map(([, code]) => code);
    expect(new Set(codes)).toEqual(new Set(['0', '1', '7']));
  });

  it('control characters of titles never reach the terminal', async () => {
    using driven = await drive(
      [{ name: 'evil', title: 'a\u001b[2J\u009b31m\u202eb\u0007\tc', reason: 'R\u001b]0;x\u0007' }],
      { options: { wide: true } },
    );
    expect(
      driven
        .frame()
        .join('\n')
        .replace(/\u001b\[[0-9;]*m/g, ''),
    ).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(driven.text()).toContain('ab c');
  });
});

describe('a live list', () => {
  it('shows what comes and goes, and keeps the selection', async () => {
    using driven = await drive();
    driven.keys('j', 'j');
    const selected = driven.frame().find((line) => line.includes('\u001b[7m'));
    driven.source.tell([
      { name: 'component-new-aaaaaaaa', namespace: 'checkout', severity: 'critical', openedAt: '2026-11-21T08:59:58Z' },
    ]);
    expect(driven.text()).toContain('component-new');
    expect(driven.frame().find((line) => line.includes('\u001b[7m'))).toBe(selected);
    driven.source.follower?.rows([], ['checkout/component-new-aaaaaaaa']);
    expect(driven.text()).not.toContain('component-new');
    expect(driven.frame().find((line) => line.includes('\u001b[7m'))).toBe(selected);
  });

  it('a list told anew, as after a 410 or a restart, leaves the selection where it was, though others are gone', async () => {
    using driven = await drive();
    driven.keys('j', 'j');
    const selected = driven.frame().find((line) => line.includes('\u001b[7m')) ?? '';
    expect(selected).toContain('kvqxa3lm');
    driven.source.follower?.connection({ kind: 'loading', rows: 0, of: undefined });
    const left = MORNING.slice(1);
    driven.source.tell(left);
    driven.source.follower?.synced(new Set(left.map(({ namespace, name }) => `${namespace}/${name}`)));
    driven.source.follower?.connection({ kind: 'live' });
    expect(driven.text()).not.toContain('payments');
    expect(driven.frame().find((line) => line.includes('\u001b[7m'))).toBe(selected);
    expect(driven.text()).toContain('2/4');
  });

  it('ages go on without the server', async () => {
    using driven = await drive();
    expect(driven.text()).toMatch(/critical +build +12m +payments/);
    const later = { ...driven.tui.scene(), now: NOW + 3_600_000 } satisfies Scene;
    expect(frame(later).map(plain).join('\n')).toMatch(/critical +build +72m +payments/);
  });

  it('a connection that is lost is told, and the issues stay', async () => {
    using driven = await drive();
    driven.source.follower?.connection({
      kind: 'lost',
      why: 'cannot reach work',
      since: NOW - 5_000,
      again: NOW + 2_000,
    });
    expect(driven.text()).toContain('○ lost 5s ago');
    expect(driven.text()).toContain('payments: build fails');
    expect(driven.text()).toContain('again in 2s (ctrl-l now): cannot reach work');
    driven.tui.dispatch({ kind: 'notice', notice: { role: 'good', text: 'saved' } });
    expect(driven.text()).not.toContain('cannot reach work');
    driven.source.follower?.connection({ kind: 'live' });
    expect(driven.text()).toContain('● live');
  });

  it('a connection that is lost is tried at once when somebody asks for it; one that is not stays', async () => {
    let followed = 0;
    const follow: StillSource['follow'] = async (to) => {
      if (++followed === 1) to.connection({ kind: 'refused', why: 'no', again: NOW + 30_000 });
      else to.connection({ kind: 'live' });
    };
    using driven = await drive(MORNING, { source: { follow } });
    driven.tui.wake();
    expect([followed, driven.text()]).toEqual([2, expect.stringContaining('● live')]);
    driven.tui.wake();
    expect(followed).toBe(2);
  });

  it('what somebody did something to is told of when it is over', async () => {
    using driven = await drive();
    driven.tui.watch(['checkout/component-payments-mfrggzdf']);
    driven.source.tell([{ ...(MORNING[0] as Given), state: 'Resolved' }]);
    expect(driven.text()).toContain('checkout/component-payments-mfrggzdf is resolved');
  });

  it('the last filter that was one stays while another is typed', async () => {
    using driven = await drive();
    driven.keys('/', 'sev:critical');
    expect(driven.keys(' age>')).not.toContain('cart');
    expect(driven.keys('s')).toMatch(/age>s: write how long/);
    expect(driven.text()).not.toContain('cart');
  });

  it('what was told is forgotten after a while', async () => {
    using driven = await drive();
    driven.tui.dispatch({ kind: 'notice', notice: { role: 'good', text: 'copied x' } });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(driven.text()).toContain('copied x');
    vi.setSystemTime(NOW + 60_000);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(driven.text()).not.toContain('copied x');
  });

  it('who asked for one namespace follows another when it is looked at', async () => {
    const followed: (string | undefined)[] = [];
    const follow: StillSource['follow'] = async (to, namespace) => {
      followed.push(namespace);
      to.connection({ kind: 'live' });
    };
    using driven = await drive(MORNING, { source: { follow }, namespace: 'checkout', view: { namespace: 'checkout' } });
    driven.keys('0');
    driven.tui.dispatch({ kind: 'namespace', namespace: 'docs' });
    expect(followed).toEqual(['checkout', undefined, 'docs']);
  });

  it('an issue is read again when it changes while it is looked at', async () => {
    let read = 0;
    using driven = await drive(MORNING, { source: { document: async () => [`read ${++read}`] } });
    driven.keys('enter');
    await vi.advanceTimersByTimeAsync(200);
    expect(driven.text()).toContain('read 1');
    driven.source.tell([
      { ...(MORNING[2] as Given), title: 'more', name: 'component-payments-mfrggzdf', namespace: 'checkout' },
    ]);
    await vi.advanceTimersByTimeAsync(200);
    expect(driven.text()).toContain('read 2');
  });
});

describe('what was read', () => {
  const settle = () => vi.advanceTimersByTimeAsync(400);

  it('is read again when somebody comes to it; a fault is not kept', async () => {
    let read = 0;
    const document = async () => {
      if (++read === 1) throw new Error('the server is away');
      return [`read ${read}`];
    };
    using driven = await drive(MORNING, { source: { document } });
    driven.keys('enter');
    await settle();
    expect(driven.text()).toContain('the server is away');
    driven.keys('esc', 'enter');
    await settle();
    expect(driven.text()).toContain('read 2');
    driven.keys('esc', 'enter');
    await settle();
    expect(driven.text()).toContain('read 3');
  });

  it('is read again when the connection is back', async () => {
    let read = 0;
    const document = async () => {
      if (++read === 1) throw new Error('the server is away');
      return [`read ${read}`];
    };
    using driven = await drive(MORNING, { source: { document } });
    driven.keys('enter');
    await settle();
    driven.source.follower?.connection({ kind: 'lost', why: 'away', since: NOW, again: NOW });
    driven.source.follower?.connection({ kind: 'live' });
    driven.source.follower?.connection({ kind: 'live' });
    await settle();
    expect([driven.text(), read]).toEqual([expect.stringContaining('read 2'), 2]);
  });

  it('that goes on is shown as it grows: who is at its end stays there, and who leaves ends it', async () => {
    const lines = Array.from({ length: 40 }, (_, at) => `line ${at + 1}`);
    let tell: (lines: readonly string[]) => void = () => {};
    let signals: AbortSignal[] = [];
    const document = (_: unknown, signal: AbortSignal, more: typeof tell = () => {}): Promise<readonly string[]> => {
      [tell, signals] = [more, [...signals, signal]];
      more(lines);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('left'))));
    };
    using driven = await drive(MORNING, { source: { document } });
    expect(driven.keys('l')).toMatch(/^ line 1$/m);
    tell([...lines, 'line 41']);
    expect(driven.text()).not.toContain('line 41');
    driven.keys('G');
    tell([...lines, 'line 41', 'line 42']);
    expect(driven.text()).toMatch(/line 42$/m);
    driven.keys('k');
    tell([...lines, 'line 41', 'line 42', 'line 43']);
    expect(driven.text()).not.toContain('line 43');
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    driven.keys('q', 'l');
    await vi.advanceTimersByTimeAsync(10);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(driven.text()).not.toContain('left');
  });

  it('that is asked for from itself is where one is', async () => {
    using driven = await drive();
    expect(driven.keys('e')).toBe(driven.keys('e'));
  });

  it('is read once more when it changed while it was being read', async () => {
    const answers: ((lines: string[]) => void)[] = [];
    const document = () => new Promise<string[]>((answer) => answers.push(answer));
    using driven = await drive(MORNING, { source: { document } });
    driven.keys('enter');
    driven.source.tell([{ ...(MORNING[0] as Given), title: 'worse' }]);
    answers[0]?.(['before']);
    await settle();
    expect(driven.text()).toContain('before');
    answers[1]?.(['after']);
    await settle();
    expect(driven.text()).toContain('after');
    expect(answers).toHaveLength(2);
  });

  it('of the past is not live, and says whose evidence it is', async () => {
    using driven = await drive(MORNING, { size: { columns: 160, rows: 24 } });
    driven.keys('[');
    await settle();
    expect(driven.keys('enter')).toMatch(/not live$/m);
    expect(driven.keys('l')).toMatch(/^ history › component-payments-mfrggzdf › evidence/m);
    driven.keys('q', 'q', 'l');
    expect(driven.text()).toMatch(/^ history › component-payments-mfrggzdf evidence.*◆/m);
  });

  it('of controllers is told whole, however narrow the screen is', async () => {
    const told = `tekton-pipelinerun: ${'16 failing, '.repeat(12)}and that is all`;
    using driven = await drive(MORNING, { source: { controllers: async () => [told] } });
    driven.keys(':', 'controllers', 'enter');
    driven.text();
    await settle();
    expect(driven.text().replaceAll(/\s+/g, ' ')).toContain(told);
  });

  it('of the past is asked for again after a refusal', async () => {
    let asked = 0;
    const past: StillSource['past'] = async () => {
      if (++asked === 1) throw new Error('no history here yet');
      return { columns: [], rows: [] };
    };
    using driven = await drive(MORNING, { source: { past } });
    driven.keys('[');
    await settle();
    expect(driven.text()).toContain('no history here yet');
    expect(asked).toBe(1);
    driven.keys('enter', '?', '?');
    driven.text();
    await settle();
    expect(asked).toBe(2);
    expect(driven.text()).not.toContain('no history here yet');
  });
});

describe('following', () => {
  it('a mistake of ours ends it, whichever namespace is followed then', async () => {
    const follow: StillSource['follow'] = async (to, namespace) => {
      if (namespace === 'docs') throw new TypeError('a mistake');
      to.connection({ kind: 'live' });
    };
    using driven = await drive(MORNING, { source: { follow }, namespace: 'checkout', view: { namespace: 'checkout' } });
    driven.tui.dispatch({ kind: 'namespace', namespace: 'docs' });
    await expect(driven.ran).rejects.toThrow('a mistake');
  });
});

describe('marks', () => {
  it('of issues that are not in the list are told before anything is done', async () => {
    using driven = await drive();
    driven.keys(' ', ' ', ':', 'ns docs', 'enter');
    driven.keys('r');
    const [check] = driven.effects;
    if (check?.kind !== 'check') throw new Error('nothing was asked');
    driven.tui.dispatch({ ...check, kind: 'allowed' });
    expect(driven.text()).toMatch(/resolve 2 issues\? why:/);
    expect(driven.text()).toMatch(/2 of 2 not in this list: checkout\/component-payments-mfrggzdf/);
    driven.keys('enter');
    expect(driven.text()).toMatch(/resolve 2 issues\? y\/N:/);
    driven.keys('enter');
    expect(driven.effects.filter(({ kind }) => kind === 'act')).toEqual([]);
  });

  it('go with the issues', async () => {
    using driven = await drive();
    driven.keys(' ', ' ');
    driven.source.follower?.rows([], ['checkout/component-payments-mfrggzdf']);
    expect(driven.tui.state.marked.size).toBe(1);
  });
});

describe('keys', () => {
  it('several at once are each a key, and what follows the key of a line is typed', async () => {
    using driven = await drive();
    driven.tui.press('jj', {});
    expect(driven.tui.state.places[0]?.cursor.index).toBe(2);
    expect(driven.keys('/', 'signed')).toContain('/signed');
    driven.tui.press('', { escape: true });
    driven.tui.press('/cart\rA', {});
    expect([driven.tui.state.prompt, driven.tui.state.options.all]).toEqual([undefined, true]);
    driven.tui.press('A', {});
    driven.tui.press(':', {});
    driven.tui.press('w', { meta: true });
    expect([driven.tui.state.prompt, driven.tui.state.options.wide]).toEqual([undefined, true]);
    driven.tui.press('', { escape: true });
    expect(driven.text()).toContain('payments');
  });

  it('pasted text is typed into a line, and else is nothing', async () => {
    using driven = await drive();
    driven.tui.paste('rq\n');
    expect(driven.effects).toEqual([]);
    driven.keys('/');
    driven.tui.paste('cart\nx');
    expect(driven.text()).toContain('/cart x');
  });

  it('that do nothing here say so, and what was told of a key goes with the next one', async () => {
    using driven = await drive();
    expect(driven.keys('n')).toContain('n does nothing here: ? shows the keys that do');
    expect(driven.keys('j')).not.toContain('does nothing here');
    expect(driven.keys('9')).toContain('no namespace has the key 9');
    expect(driven.keys('1')).not.toContain('has the key 9');
    driven.keys('[', 'a');
    expect(driven.text()).toContain('the past cannot be changed: Esc leaves it');
    expect(driven.keys('esc')).toContain('● live');
  });

  it('of k9s: d is into what is selected, and kinds have their singular', async () => {
    using driven = await drive();
    expect(driven.keys('d')).toContain('issues › component-payments-mfrggzdf');
    driven.keys(':', 'group', 'enter');
    expect(driven.text()).toMatch(/^ groups/m);
  });

  it('enter on a group leads to its issues, those that come later too; d tells what they have in common', async () => {
    const members = vi.fn(async () => ({ group: 'CVE-2026-1234' }));
    using driven = await drive(MORNING, { source: { members } });
    driven.keys(':', 'groups', 'enter');
    await vi.advanceTimersByTimeAsync(200);
    expect(driven.keys('enter')).toContain('loading');
    await vi.advanceTimersByTimeAsync(200);
    await expect(`${driven.text()}\n`).toMatchFileSnapshot('testing/frames/group-issues-80x24.txt');
    driven.source.tell([{ name: 'image-web-abcdefgh', group: 'CVE-2026-1234' }, { name: 'other-abcdefgh' }]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(driven.text()).toMatch(/image-web[\s\S]* \d\/2$/m);
    expect(members).toHaveBeenCalledTimes(1);
    expect(driven.keys('q')).toMatch(/^ groups/m);
    expect(driven.keys('d')).toContain('groups › g');
    await vi.advanceTimersByTimeAsync(200);
    expect(driven.text()).toContain('group of g');
    expect(driven.keys('enter')).toMatch(/groups › g › issues(?! of)/);
  });

  const inGroup = async (members: StillSource['members']): Promise<Driven> => {
    const driven = await drive(MORNING, { source: { members } });
    driven.keys(':', 'groups', 'enter');
    await vi.advanceTimersByTimeAsync(200);
    driven.keys('enter');
    await vi.advanceTimersByTimeAsync(200);
    return driven;
  };

  it('members that are known one by one are read again when issues changed; a group that is gone says why', async () => {
    let keys = ['checkout/component-cart-kvqxa3lm'];
    const members = vi.fn(async () => {
      if (keys.length === 0) throw new Refusal('issuegroups "g" not found', 404, 'NotFound', 'g');
      return { keys: new Set(keys), version: '7' };
    });
    using driven = await inGroup(members);
    expect(driven.text()).toMatch(/cart[\s\S]* 1\/1$/m);
    await vi.advanceTimersByTimeAsync(60_000);
    const before = members.mock.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(members).toHaveBeenCalledTimes(before);
    keys = [...keys, 'docs/component-docs-zzyk4r2n'];
    driven.source.tell([{ name: 'other-abcdefgh' }]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(driven.text()).toMatch(/cart[\s\S]*docs[\s\S]* 1\/2$/m);
    keys = [];
    driven.source.tell([{ name: 'another-abcdefgh' }]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(driven.text()).toMatch(/refused[\s\S]*issuegroups "g" not found/);
    expect(driven.keys('esc')).toMatch(/^ groups/m);
  });

  it('of a group every namespace is asked for at once; its resolved issues, and those of then, when they are shown', async () => {
    const keys = new Set(['checkout/component-cart-kvqxa3lm', 'docs/component-old-abcdefgh']);
    const members = vi.fn<StillSource['members']>(async () => ({ keys, version: '7' }));
    using driven = await inGroup(members);
    expect(driven.keys('1')).toMatch(/cart[\s\S]* 1\/1$/m);
    expect(driven.keys('0', 'A')).toMatch(/old: was broken[\s\S]*cart/);
    await vi.advanceTimersByTimeAsync(200);
    driven.keys('[');
    await vi.advanceTimersByTimeAsync(400);
    expect(driven.text()).toMatch(/^ groups › history of g[\s\S]*cart[\s\S]* 1\/1$/m);
    const common = { group: 'g', namespace: undefined, known: undefined };
    expect(members.mock.calls.map(([query]) => query)).toEqual([
      ...[{ ...common, asOf: undefined, all: false }],
      ...[{ ...common, asOf: undefined, all: true }],
      ...[{ ...common, asOf: NOW - 3_600_000, all: true }],
    ]);
    expect(driven.keys(':', 'save x', 'enter')).toContain('a proposed group cannot be saved');
  });

  it('members that cannot be read again stay, and so does what is selected; who leaves ends the question', async () => {
    const keys = new Set(['checkout/component-cart-kvqxa3lm', 'docs/component-docs-zzyk4r2n']);
    let answer = async (_: AbortSignal): Promise<{ keys: Set<string>; version: string }> => ({ keys, version: '7' });
    using driven = await inGroup((_, signal) => answer(signal));
    expect(driven.keys('j')).toMatch(/ 2\/2$/m);
    answer = async () => {
      throw new Refusal('the server is busy; try again', 503, undefined, undefined);
    };
    await vi.advanceTimersByTimeAsync(40_000);
    expect(driven.text()).toMatch(/○ lost[\s\S]*cart[\s\S]*docs[\s\S]*the server is busy[\s\S]* 2\/2$/m);
    let signal: AbortSignal | undefined;
    answer = (stop) => {
      signal = stop;
      return new Promise(() => {});
    };
    await vi.advanceTimersByTimeAsync(20_000);
    expect(signal?.aborted).toBe(false);
    driven.keys('q');
    expect(signal?.aborted).toBe(true);
  });

  it('what may not be done says so in the keys', async () => {
    using driven = await drive(MORNING, { source: { may: async (act) => act !== 'resolve' } });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(driven.text()).toMatch(/a ack {2}\(r resolve\)/);
    using still = await drive(MORNING, { source: { still: 'these are recorded objects' } });
    expect(still.text()).toContain('(a ack) (r resolve) (s snooze)');
  });
});

describe('screen readers', () => {
  it('hear where they are and the one line that is selected', async () => {
    using driven = await drive();
    driven.keys('j');
    expect(spoken(driven.tui.scene())).toEqual([
      'Faultline, work: 2 critical, 1 major, 1 minor, 1 info; live',
      'issues: 2 of 5',
      'critical release: nightly: the release pipeline timed out, in platform, since 03:12 UTC, release-nightly-o5ux2lba',
    ]);
    driven.keys('/', 'cart');
    expect(spoken(driven.tui.scene()).at(-1)).toBe('/cart');
  });

  it('hear nothing again because time passes, whatever is shown, and no colours', async () => {
    using driven = await drive(MORNING, { colours: true });
    const follower = driven.source.follower as Follower;
    const lost = { kind: 'lost', why: 'cannot reach work', since: NOW - 5_000, again: NOW + 2_000 } as const;
    const unchanged = (): string => {
      const scene = driven.tui.scene();
      const later = spoken({ ...scene, now: NOW + 3_600_000 });
      expect(spoken(scene)).toEqual(later);
      expect(later.join('\n')).not.toContain('\u001b');
      return later.join('\n');
    };
    expect(unchanged()).toContain('since 08:48 UTC');
    driven.keys('j', 'j');
    expect(unchanged()).toContain('since 2026-11-20 21:00 UTC');
    follower.connection(lost);
    expect(unchanged()).toContain('lost since 08:59 UTC: cannot reach work');
    driven.keys('/', 'nothing-is-so');
    unchanged();
    follower.connection({ kind: 'live' });
    expect(unchanged()).toContain('No Active issues match nothing-is-so');
    follower.connection({ kind: 'loading', rows: 500, of: undefined });
    expect(unchanged()).toContain('loading');
  });

  it('see no frame when only time passes', async () => {
    using driven = await drive(MORNING, { ticking: false });
    // What the user may do is known first.
    await vi.advanceTimersByTimeAsync(2_000);
    const { drawn } = driven;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(driven.drawn).toBe(drawn);
    driven.keys('j');
    expect(driven.drawn).toBeGreaterThan(drawn);
  });
});
