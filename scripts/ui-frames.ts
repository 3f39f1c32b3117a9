import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { descriptionLines } from '../cli/reading/describe-lines.ts';
import { frame } from '../cli/tui/frame/frame.ts';
import { initialState } from '../cli/tui/state/state.ts';
import { type Given, issueOf, MORNING, NOW } from '../cli/tui/testing/issues.ts';
import { stillSource } from '../cli/tui/testing/still-source.ts';
import { Tui } from '../cli/tui/tui.ts';

const BEGIN = '<!-- frames of the terminal UI, written by npm run generate: begin -->';
const END = '<!-- frames of the terminal UI: end -->';
const SIZE = { columns: 100, rows: 14 };

/** The README with what the terminal UI shows, as the terminal UI draws it. */
export async function readmeWithFrames(root: string): Promise<[string, string][]> {
  const path = join(root, 'README.md');
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md lacks the markers "${BEGIN}" and "${END}"`);
  const frames = await Promise.all([framed(['j']), framed(['t', '/', 'sev>=major']), framed(['enter'])]);
  const blocks = frames.map((each) => `\`\`\`text\n${each}\n\`\`\`\n`).join('\n');
  return [['README.md', `${text.slice(0, begin + BEGIN.length)}\n\n${blocks}\n${text.slice(end)}`]];
}

/** What is shown after these keys: of a morning that is always the same. */
async function framed(keys: readonly string[]): Promise<string> {
  const source = stillSource(MORNING, {
    document: async () => descriptionLines({ issue: issueOf(MORNING[0] as Given), asOf: undefined }, NOW),
  });
  using tui = new Tui({
    ...{ source, colours: false, unicode: true, namespace: undefined, signal: new AbortController().signal },
    state: initialState({ size: SIZE }),
    outside: { now: () => NOW, draw: () => {}, rest: () => {}, perform: () => {} },
  });
  void tui.run();
  await turn();
  for (const key of keys) tui.press(key === 'enter' ? '' : key, key === 'enter' ? { return: true } : {});
  frame(tui.scene());
  await turn(); // what is read is there
  const lines = frame(tui.scene()).map((line) => line.replace(/\u001b\[[0-9;]*m/g, '').trimEnd());
  return lines.join('\n');
}
