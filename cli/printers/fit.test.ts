import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitColumns, fitNext, fittedLine, fittedTable, roomOf } from './fit.ts';
import { displayWidth, formatTable } from './table.ts';

const columns = ['namespace', 'name', 'severity', 'type', 'state', 'since', 'title'];
const rows = [
  ['release-managed', 'component-payments-3vuacjnt', 'critical', 'build', 'Active', '163d', 'Build of payments failed'],
  ['shop', 'pipelinerun-database-restore-xk4jz-77iw3uon', 'major', 'pipeline', 'Active', '4m', '構築が失敗しました 🔥'],
];
const lines = (room: number) => fittedTable({ columns, rows }, room).trimEnd().split('\n');

describe('a table on a terminal', () => {
  it('is as kubectl prints it where there is room, and in a pipe', () => {
    expect(fittedTable({ columns, rows }, roomOf({ isTTY: false, columns: 80 }))).toBe(formatTable({ columns, rows }));
    expect(fittedTable({ columns, rows }, 250)).toBe(formatTable({ columns, rows }));
  });

  it('keeps at 80 columns what tells most, and cuts long texts', () => {
    expect(lines(80)).toEqual([
      'NAMESPACE        NAME                      SEVERITY  SINCE  TITLE',
      'release-managed  component-payme…3vuacjnt  critical  163d   Build of payments f…',
      'shop             pipelinerun-dat…77iw3uon  major     4m     構築が失敗しました …',
    ]);
    expect(lines(100)[0]).toMatch(/^NAMESPACE +NAME +SEVERITY +SINCE +TITLE$/);
    expect(lines(100)[2]).toContain('pipelinerun-database-restore-xk4jz-77iw3uon');
  });

  it('has the state beside the severity where it was asked for', () => {
    const wants = [15, 43, 8, 8, 8, 5, 60];
    const shown = (first?: string) =>
      fitColumns(columns, wants, 80, first === undefined ? [] : [first]).widths.map((width) => width > 0);
    expect(shown()[4]).toBe(false);
    expect(shown('state')[4]).toBe(true);
  });

  it('never has a line that wraps, and never loses the name', () => {
    const cell = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.stringMatching(/^[a-z-]{0,60}$/));
    const table = fc.array(fc.tuple(cell, cell, cell, cell, cell, cell, cell), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        table,
        fc.integer({ min: 20, max: 200 }),
        fc.constantFrom(undefined, 'state'),
        (body, room, first) => {
          // A tab or a control character never gets here: cells are one line each.
          const clean = body.map((line) => line.map((text) => text.replace(/[^\x20-\x7e\u3040-\u9fff]/g, '構')));
          const wants = columns.map((name, at) =>
            Math.max(...[name, ...clean.map((line) => line[at] ?? '')].map(displayWidth)),
          );
          const fitted = fitColumns(columns, wants, room, first === undefined ? [] : [first]);
          for (const line of clean)
            expect(displayWidth(fittedLine(columns, line, fitted).trimEnd())).toBeLessThanOrEqual(room);
          expect(fitted.widths[1]).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('lines that follow keep their columns, and a terminal that became narrow is fitted again', () => {
    const names = ['name', 'severity', 'title'];
    const first = fitColumns(names, [10, 8, 20], 60);
    expect(first.gap).toBe(3);
    // Longer than there is room for: the columns stay where they were, and the title ends where the terminal does.
    const next = fitNext(first, fitColumns(names, [10, 8, 90], 60), 60);
    expect(next.widths).toEqual([10, 8, 36]);
    const narrow = fitColumns(names, [40, 8, 90], 60);
    expect(fitNext(narrow, fitColumns(names, [50, 8, 90], 60), 60)).toBe(narrow);
    expect(fitNext(narrow, fitColumns(names, [50, 8, 90], 40), 40)).not.toBe(narrow);
  });
});
