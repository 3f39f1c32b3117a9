import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PressedKey } from '../keys/key-name.ts';
import { fakeTerminal } from '../testing/terminal.ts';
import { paintedScreen } from './painted.ts';

function painted(wheel = true) {
  const terminal = fakeTerminal();
  const pressed: [string, PressedKey['return']][] = [];
  const pasted: string[] = [];
  const shown = paintedScreen({
    ...{ terminal, wheel },
    onKey: (input, key) => void pressed.push([input, key.return]),
    onPaste: (text) => void pasted.push(text),
  });
  return { terminal, shown, pressed, pasted };
}

const modes = ({ screen, isRaw }: ReturnType<typeof fakeTerminal>) => [screen.alternate, screen.cursorShown, isRaw()];

afterEach(() => {
  vi.doUnmock('../ink/keys.ts');
  vi.resetModules();
});

describe('the full screen', () => {
  it('is there before what reads the keys is loaded, and gone when that cannot be', async () => {
    vi.doMock('../ink/keys.ts', () => {
      throw new Error('it is not installed');
    });
    const { terminal, shown } = painted();
    shown.lines(['one', 'two']);
    expect([terminal.screen.text(), modes(terminal)]).toEqual(['one\ntwo', [true, false, true]]);
    await expect(shown.listen()).rejects.toThrow();
    await shown[Symbol.asyncDispose]();
    expect([terminal.screen.text(), modes(terminal)]).toEqual(['', [false, true, false]]);
  });

  it('hears what was pressed and pasted before it listened', async () => {
    const { terminal, shown, pressed, pasted } = painted();
    shown.lines(['one']);
    terminal.press('j\r');
    terminal.press('\u001b[200~sev:major\u001b[201~');
    await shown.listen();
    await vi.waitFor(() => expect(pasted).toEqual(['sev:major']));
    expect(pressed.map(([input]) => input).join('')).toContain('j');
    await shown[Symbol.asyncDispose]();
    expect(modes(terminal)).toEqual([false, true, false]);
  });

  it('writes nothing that it did not paint, and takes back the modes that it set', async () => {
    const { terminal, shown } = painted();
    shown.lines(['one']);
    await shown.listen();
    const before = terminal.written();
    terminal.resize(100, 30);
    terminal.press('j');
    await new Promise(setImmediate);
    expect(terminal.written()).toBe(before);
    shown.lines(['one']);
    expect(terminal.written().slice(before.length)).toContain('one');
    await shown[Symbol.asyncDispose]();
    const last = new Map([...terminal.written().matchAll(/\u001b\[\?(\d+)([hl])/g)].map(([, mode, to]) => [mode, to]));
    for (const mode of ['1049', '2004', '1007', '2026']) expect(last.get(mode)).toBe('l');
    expect([last.get('7'), last.get('25')]).toEqual(['h', 'h']);
  });

  it('is left when the process ends of a mistake, which is seen then', async () => {
    const before = new Set(process.listeners('exit'));
    const { terminal, shown } = painted();
    shown.lines(['one']);
    const [atExit] = process.listeners('exit').filter((each) => !before.has(each));
    atExit?.(1);
    expect(modes(terminal)).toEqual([false, true, false]);
    await shown[Symbol.asyncDispose]();
    expect(process.listeners('exit').filter((each) => !before.has(each))).toEqual([]);
  });

  it('where nothing was shown changes nothing', async () => {
    const { terminal, shown } = painted(false);
    await shown[Symbol.asyncDispose]();
    expect(terminal.written()).toBe('');
  });
});
