import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { isMap, isSeq, LineCounter, type ParsedNode, parseAllDocuments } from 'yaml';
import { oneLine } from '../../crds/text.ts';
import { Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { jsonValues, NotJson, type Placed } from './json-values.ts';

/** A report as it was written, and where. What is wrong in it is for the server to say. */
export interface WrittenReport {
  /** `report.yaml`, `report.yaml, report 2, line 14`. */
  readonly where: string;
  /** Of the IssueReport, else of the report. */
  readonly namespace: string | undefined;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The reports of a file, `-` for standard input. Throws a Failure of one line for what holds none. */
export async function readReports(file: string, { in: input }: Streams): Promise<WrittenReport[]> {
  const name = file === '-' ? 'standard input' : file;
  // PowerShell and Excel begin their files with a byte order mark.
  const content = (await contentOf(file, name, input)).replace(/^\uFEFF/, '');
  const found = valuesIn(content, name).flatMap(({ value, line }) =>
    reportsIn(value, name).map((report) => ({ ...report, line })),
  );
  if (found.length === 0) throw new Failure(`${name} holds no report: see docs/reports.md`);
  return found.map(({ line, ...report }, index) => ({
    ...report,
    where: found.length === 1 ? name : `${name}, report ${index + 1}, line ${line}`,
  }));
}

async function contentOf(file: string, name: string, input: Streams['in']): Promise<string> {
  if (file === '-') return await text(input);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Failure(`cannot read ${name}: ${code === 'ENOENT' ? 'no such file' : code}`, { cause });
  }
}

/** JSON is YAML, but ten thousand reports are read in a blink, and one behind the other are no YAML. */
function valuesIn(content: string, name: string): Placed[] {
  if (!/^\s*[[{]/.test(content)) return yamlValues(content, name);
  try {
    return jsonValues(content);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    try {
      return yamlValues(content, name); // YAML in braces
    } catch (other) {
      // Lines of JSON are no YAML anyway: what is wrong with the second is not that it is there.
      if (error.read === 0 || !(other instanceof Failure)) throw other;
      throw new Failure(`${name} is no JSON at line ${error.line}: ${oneLine(error.message, 500)}`, { cause: error });
    }
  }
}

function yamlValues(content: string, name: string): Placed[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(content, { lineCounter });
  return ('empty' in documents ? [] : documents).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined)
      throw new Failure(`${name} is no YAML: ${oneLine(error.message.split('\n')[0] ?? '', 500)}`);
    const lineOf = (node: ParsedNode | null): number => lineCounter.linePos(node?.range[0] ?? 0).line;
    return placed(document.toJS(), document.contents, lineOf);
  });
}

/** What is in a list, one by one, where it is written there. */
function placed(value: unknown, node: ParsedNode | null, lineOf: (node: ParsedNode | null) => number): Placed[] {
  if (isSeq(node) && Array.isArray(value)) {
    return value.flatMap((one: unknown, index) => placed(one, node.items[index] as ParsedNode, lineOf));
  }
  const items = isMap(node) ? node.get('items', true) : undefined;
  if (isSeq(items)) return placed((value as { items?: unknown }).items, items as ParsedNode, lineOf);
  return [{ value, line: lineOf(node) }];
}

function reportsIn(document: unknown, name: string): Omit<WrittenReport, 'where'>[] {
  if (document === null || document === undefined) return [];
  if (Array.isArray(document)) return document.flatMap((one: unknown) => reportsIn(one, name));
  if (typeof document !== 'object') throw new Failure(`${name} holds something else than reports: see docs/reports.md`);
  const { kind, items, metadata, spec } = document as Record<string, unknown>;
  if (Array.isArray(items)) return items.flatMap((one: unknown) => reportsIn(one, name));
  // A report has no kind of its own: its subject has.
  if (kind === undefined) return [reportOf(document as Record<string, unknown>, undefined)];
  if (kind !== 'IssueReport') {
    throw new Failure(
      `${name} holds ${oneLine(JSON.stringify(kind), 100)}, which is no IssueReport: see docs/reports.md`,
    );
  }
  const namespace = (metadata as { namespace?: unknown } | undefined)?.namespace;
  return [reportOf((spec ?? {}) as Record<string, unknown>, typeof namespace === 'string' ? namespace : undefined)];
}

function reportOf(
  spec: Readonly<Record<string, unknown>>,
  namespace: string | undefined,
): Omit<WrittenReport, 'where'> {
  const own = typeof spec.namespace === 'string' ? spec.namespace : undefined;
  return { namespace: namespace ?? own, spec };
}
