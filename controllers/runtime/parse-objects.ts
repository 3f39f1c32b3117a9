import { parseAllDocuments } from 'yaml';
import { type ClusterObject, isClusterObject, isRecord } from './object.ts';

/** What a text held: the Kubernetes objects, how many Lists they came in, and how many documents were neither. */
export interface ParsedObjects {
  readonly objects: ClusterObject[];
  readonly lists: number;
  readonly skipped: number;
}

/** More than this nested `List`s in `List`s are no recording. */
const MAX_DEPTH = 8;

/**
 * The objects of a YAML (one or many documents) or JSON text; `List`s are opened. Throws when the text is neither: a
 * file that is being written.
 */
export function parseObjects(text: string): ParsedObjects {
  const found: Found = { objects: [], lists: 0, skipped: 0 };
  for (const document of documentsOf(text.replace(/^\ufeff/, ''))) collect(document, found, 0);
  return found;
}

function documentsOf(text: string): unknown[] {
  // JSON is YAML too, but ten times faster as JSON; several JSON documents in a row (kubectl get -w) are lines.
  if (/^\s*[{[]/.test(text)) {
    try {
      return [JSON.parse(text)];
    } catch {
      const lines = jsonLines(text);
      if (lines !== undefined) return lines;
    }
  }
  const documents = parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: false });
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  });
}

function jsonLines(text: string): unknown[] | undefined {
  try {
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as unknown);
  } catch {
    return undefined;
  }
}

interface Found {
  readonly objects: ClusterObject[];
  lists: number;
  skipped: number;
}

function collect(value: unknown, found: Found, depth: number): void {
  if (value === null || value === undefined) return;
  const items = listItems(value);
  if (items !== undefined && depth < MAX_DEPTH) {
    found.lists++;
    for (const item of items) collect(item, found, depth + 1);
    return;
  }
  if (isClusterObject(value)) found.objects.push(value);
  else found.skipped++;
}

/** `kind: List`, `kind: PipelineRunList` and plain arrays. The items of a typed list may leave out what the list says. */
function listItems(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (!isRecord(value) || typeof value.kind !== 'string' || !value.kind.endsWith('List')) return undefined;
  // A typed list of nothing is written as `items: null` or without items.
  const items: unknown = value.items ?? [];
  if (!Array.isArray(items) || (isRecord(value.metadata) && typeof value.metadata.name === 'string')) return undefined;
  const { kind, apiVersion } = value;
  if (kind === 'List' || typeof apiVersion !== 'string') return items;
  const defaults = { apiVersion, kind: kind.slice(0, -'List'.length) };
  return items.map((item: unknown) => (isRecord(item) ? { ...defaults, ...item } : item));
}
