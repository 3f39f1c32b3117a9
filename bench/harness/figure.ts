/** One line of the table that a bench run prints. */
export interface Figure {
  readonly scenario: string;
  readonly what: string;
  /** The median, with its unit: `11,200 reports/s`. */
  readonly measured: string;
  /** What the same run measured side by side, with its unit; absent when the goal is absolute. */
  readonly against?: string;
  /** `measured` to `against`, as the goal counts it: bigger is better. */
  readonly ratio?: number;
  /** As the issue asks for it: `≥ 8 ×`. Absent: only for information. */
  readonly goal?: string;
  readonly met?: boolean;
}

/** A Markdown table of all figures. */
export function figuresTable(figures: readonly Figure[]): string {
  const head = ['Scenario', 'Figure', 'Measured', 'Compared with', 'Ratio', 'Goal', ''];
  const rows = figures.map((figure) => [
    figure.scenario,
    figure.what,
    figure.measured,
    figure.against ?? '',
    figure.ratio === undefined ? '' : `${figure.ratio.toFixed(2)} ×`,
    figure.goal ?? '',
    figure.met === undefined ? '' : figure.met ? 'met' : 'NOT MET',
  ]);
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => cell(row, column).length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => cell(row, column).padEnd(width)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** `12345.678` → `12,346`; small numbers keep two digits: `1.25`, `12.3`. */
export function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

function cell(row: readonly string[], column: number): string {
  return (row[column] ?? '').replaceAll('|', '\\|');
}
