import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';
import { oneLine } from '../../crds/text.ts';
import { Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';

/** A report as it was written, and where. What is wrong in it is for the server to say. */
export interface WrittenReport {
  /** `report.yaml`, `report.yaml, report 2`. */
  readonly where: string;
  readonly namespace: string | undefined;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The reports of a file, `-` for standard input. Throws a Failure of one line for what holds none. */
export async function readReports(file: string, { in: input }: Streams): Promise<WrittenReport[]> {
  const name = file === '-' ? 'standard input' : file;
  const found = documentsOf(await contentOf(file, name, input), name).flatMap((document) => reportsIn(document, name));
  if (found.length === 0) throw new Failure(`${name} holds no report: see docs/reports.md`);
  return found.map((report, index) => ({
    ...report,
    where: found.length === 1 ? name : `${name}, report ${index + 1}`,
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

/** JSON is YAML, but for a thousand reports it is read in a blink. */
function documentsOf(content: string, name: string): unknown[] {
  if (/^\s*[[{]/.test(content)) {
    try {
      return [JSON.parse(content) as unknown];
    } catch {
      // Several of them, or YAML in braces.
    }
  }
  const documents = parseAllDocuments(content);
  return ('empty' in documents ? [] : documents).map((document) => {
    const [error] = document.errors;
    if (error !== undefined)
      throw new Failure(`${name} is no YAML: ${oneLine(error.message.split('\n')[0] ?? '', 500)}`);
    return document.toJS() as unknown;
  });
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
