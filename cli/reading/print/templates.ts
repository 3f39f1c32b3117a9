import type { Issue } from '../../../crds/issue.ts';
import { multiLine, oneLine } from '../../../crds/text.ts';
import { UsageError } from '../../exit.ts';
import { formatTable } from '../../printers/table.ts';
import type { Output } from '../../streams.ts';
import type { Page } from '../issues.ts';
import { printTemplate, textOf, valuesAt } from '../jsonpath/evaluate.ts';
import { JsonPathError, parseRelaxed, parseTemplate, type Step } from '../jsonpath/parse.ts';
import type { Printer } from './printer.ts';

const MAX_BYTES = 64 * 1024 * 1024;

/** `-o jsonpath=…`: about the object of a name (`single`), else about the List of all. Throws a UsageError. */
export function jsonPathPrinter(template: string, single: boolean, out: Output): Printer {
  const parts = named('--output jsonpath', () => parseTemplate(template));
  const items: Issue[] = [];
  const print = (value: unknown): void => {
    // Framed, so that the line breaks of the template at its ends stay.
    const text = named('--output jsonpath', () => printTemplate(parts, value));
    out.write(multiLine(`|${text}|`, MAX_BYTES).slice(1, -1));
  };
  return {
    table: false,
    objects: true,
    page({ rows }: Page) {
      for (const { object } of rows) {
        if (single) print(object);
        else items.push(object);
      }
    },
    end() {
      if (!single) print({ apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } });
    },
  };
}

const MAX_CELL = 4_096;

/** `-o custom-columns=NAME:.metadata.name,…`. Throws a UsageError. */
export function customColumnsPrinter(template: string, headers: boolean, out: Output): Printer {
  const columns = customColumns(template);
  let isFirst = true;
  return {
    table: false,
    objects: true,
    page({ rows }: Page) {
      const lines = rows.map(({ object }) => columns.map(({ steps }) => cellOf(steps, object)));
      const names = columns.map(({ name }) => name);
      const text = formatTable({ columns: names, rows: lines });
      if (isFirst && headers) out.write(text);
      else out.write(text.slice(text.indexOf('\n') + 1));
      isFirst = false;
    },
    end() {},
  };
}

function cellOf(steps: readonly Step[], object: Issue): string {
  const values = named('--output custom-columns', () => valuesAt(steps, object));
  return values.length === 0 ? '<none>' : oneLine(values.map(textOf).join(','), MAX_CELL);
}

function customColumns(template: string): { name: string; steps: readonly Step[] }[] {
  return template.split(/,(?![^[]*\])/).map((column) => {
    const colon = column.indexOf(':');
    if (colon < 1) {
      throw new UsageError(
        `--output custom-columns: ${JSON.stringify(column)} is not NAME:PATH, such as WHY:.spec.reason`,
      );
    }
    const path = column.slice(colon + 1);
    return { name: column.slice(0, colon), steps: named('--output custom-columns', () => parseRelaxed(path)) };
  });
}

/** What is wrong with a path is a fault of the command line. */
export function named<T>(flag: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof JsonPathError) throw new UsageError(`${flag}: ${error.message}`, { cause: error });
    throw error;
  }
}
