import type { Issue } from '../../../crds/issue.ts';
import { oneLine } from '../../../crds/text.ts';
import type { Output } from '../../streams.ts';
import type { ColumnDefinition, Page } from '../issues.ts';
import type { Printer } from './printer.ts';
import { cellText, shownColumns } from './table.ts';

/** `singular`: of the resource. */
export function namePrinter(out: Output, singular = 'issue'): Printer {
  return {
    table: true,
    objects: false,
    page({ rows }: Page) {
      out.write(rows.map(({ object }) => `${singular}.faultline.dev/${oneLine(object.metadata.name, 253)}\n`).join(''));
    },
    end() {},
  };
}

/** The columns of `-o csv`, which stay: times are RFC 3339, and new columns come at the end. */
const CSV_COLUMNS: readonly (readonly [string, (issue: Issue) => string | number | undefined])[] = [
  ['namespace', ({ metadata }) => metadata.namespace],
  ['name', ({ metadata }) => metadata.name],
  ['severity', ({ spec }) => spec.severity],
  ['type', ({ spec }) => spec.type],
  ['state', ({ status }) => status.state],
  ['openedAt', ({ status }) => status.openedAt],
  ['lastSeenAt', ({ status }) => status.lastSeenAt],
  ['resolvedAt', ({ status }) => status.resolvedAt],
  ['title', ({ spec }) => spec.title],
  ['subjectKind', ({ spec }) => spec.subject.kind],
  ['subjectName', ({ spec }) => spec.subject.name],
  ['reason', ({ spec }) => spec.reason],
  ['source', ({ spec }) => spec.source],
  ['occurrences', ({ status }) => status.occurrences],
  ['reopened', ({ status }) => status.reopened],
  ['assignee', ({ status }) => status.assignee],
  ['group', ({ spec }) => spec.group],
  ['link', ({ spec }) => spec.links?.[0]?.url],
];
const MAX_FIELD = 4_096;

/** RFC 4180, with LF. Text that a spreadsheet would calculate has an apostrophe before it (OWASP, CSV injection). */
export function csvPrinter(headers: boolean, out: Output): Printer {
  let isFirst = true;
  return {
    table: false,
    objects: true,
    page({ rows }: Page) {
      const head = isFirst && headers ? `${CSV_COLUMNS.map(([name]) => name).join(',')}\n` : '';
      isFirst = false;
      const lines = rows.map(({ object }) => `${CSV_COLUMNS.map(([, of]) => csvField(of(object))).join(',')}\n`);
      out.write(head + lines.join(''));
    },
    end() {},
  };
}

function csvField(value: string | number | undefined): string {
  if (value === undefined) return '';
  const text = oneLine(String(value), MAX_FIELD);
  const safe = typeof value === 'string' && /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A table of GitHub's Markdown, for a ticket or a chat. */
export function markdownPrinter(options: { withNamespace: boolean; headers: boolean }, out: Output): Printer {
  let columns: readonly ColumnDefinition[] = [];
  let isFirst = true;
  return {
    table: true,
    objects: false,
    page({ columns: given, rows }: Page) {
      if (given !== undefined) columns = given;
      if (rows.length === 0) return;
      const shown = shownColumns(columns, false);
      const names = [...(options.withNamespace ? ['Namespace'] : []), ...shown.map((index) => columns[index]?.name)];
      const head = isFirst && options.headers ? [names, names.map(() => '---')] : [];
      isFirst = false;
      const body = rows.map(({ cells, object }) => [
        ...(options.withNamespace ? [object.metadata.namespace] : []),
        ...shown.map((index) => cells[index]),
      ]);
      const line = (cells: readonly unknown[]) => `| ${cells.map((cell) => markdownText(cell)).join(' | ')} |\n`;
      out.write([...head, ...body].map(line).join(''));
    },
    end() {},
  };
}

function markdownText(cell: unknown): string {
  return cellText(cell).replace(/[\\|<>`*_[\]]/g, '\\$&');
}
