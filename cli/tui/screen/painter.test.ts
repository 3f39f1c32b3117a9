import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Screen } from '../testing/screen.ts';
import { Painter } from './painter.ts';

function painted() {
  const screen = new Screen();
  const written: string[] = [];
  const painter = new Painter((sequence) => {
    written.push(sequence);
    screen.write(sequence);
  });
  return { screen, written, painter };
}

describe('painting frames', () => {
  it('shows the last frame, whatever was shown before', () => {
    const frame = fc.array(fc.constantFrom('', 'a', 'issue one', 'issue \u001b[1mtwo\u001b[22m', '日本'), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(frame, fc.boolean()), { minLength: 1, maxLength: 8 }), (frames) => {
        const { screen, painter } = painted();
        for (const [lines, forget] of frames) {
          if (forget) painter.forget();
          painter.paint(lines);
        }
        const [last = []] = frames.at(-1) ?? [];
        const plain = last.map((line) => line.replaceAll(/\u001b\[\d+m/g, ''));
        expect(screen.text().trimEnd()).toBe(plain.join('\n').trimEnd());
      }),
    );
  });

  it('writes only the lines that changed, and nothing when none did', () => {
    const { written, painter } = painted();
    painter.paint(['head', 'one', 'two']);
    painter.paint(['head', 'one', 'three']);
    painter.paint(['head', 'one', 'three']);
    expect(written).toHaveLength(2);
    expect(written[1]).toContain('\u001b[3;1H\u001b[2Kthree');
    expect(written[1]).not.toMatch(/head|one|\u001b\[J/);
  });

  it('paints everything after something else wrote to the screen', () => {
    const { screen, painter } = painted();
    painter.paint(['one', 'two']);
    screen.write('\u001b[Hwall: the machine goes down\nnow\nat once');
    painter.forget();
    painter.paint(['one', 'two']);
    expect(screen.text().trimEnd()).toBe('one\ntwo');
  });

  it('leaves nothing behind', () => {
    const { screen, painter } = painted();
    painter.paint(['one', 'two']);
    painter.clear();
    expect(screen.text()).toBe('');
  });

  it('lets no line go on in the next one, and puts the cursor where Ink may write a line', () => {
    const { written, painter } = painted();
    painter.paint(['x']);
    expect(written[0]).toMatch(/^\u001b\[\?2026h\u001b\[\?7l.*\u001b\[H\u001b\[\?7h\u001b\[\?2026l$/s);
  });
});
