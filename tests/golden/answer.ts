import { parse } from 'yaml';
import type { Answered } from './ask.ts';

/** An answer without what differs by nature: names of groups, numbers, times, uids, whitespace. */
export interface NormalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body; of a watch, its events; text where it is no JSON and no YAML. */
  readonly body: unknown;
}

/** Headers that clients act upon. */
const HEADERS = ['content-type', 'retry-after', 'vary', 'cache-control', 'warning', 'location', 'etag', 'allow'];

/** `names`: what the asked side calls what both have: its group, its continue tokens. */
export function normalAnswer(answer: Answered, names: Readonly<Record<string, string>>): NormalAnswer {
  let text = answer.body;
  for (const [name, value] of Object.entries(names)) text = text.replaceAll(value, name.toUpperCase());
  return { status: answer.status, headers: normalHeaders(answer), body: normalBody(text, answer) };
}

function normalHeaders({ headers }: Answered): Record<string, string> {
  const shown = HEADERS.flatMap((name) => {
    const value = headers[name];
    // The aggregator adds its own Cache-Control to ours, whatever ours is.
    return value === undefined ? [] : [[name, [...new Set(String(value).split(', '))].join(', ')]];
  });
  return Object.fromEntries(shown) as Record<string, string>;
}

function normalBody(text: string, { headers }: Answered): unknown {
  try {
    if (headers['content-type'] === 'application/yaml') return normal(JSON.parse(JSON.stringify(parse(text))));
    if (!text.startsWith('{"type":')) return normal(JSON.parse(text));
    return text
      .trimEnd()
      .split('\n')
      .map((line) => normal(JSON.parse(line)))
      .filter((event) => !isPassing(event));
  } catch {
    return text;
  }
}

/** A bookmark that says no more than the number: kube-apiserver sends one when it has the time, even within a second. */
function isPassing(event: unknown): boolean {
  const { type, object } = event as { type: string; object: object };
  return type === 'BOOKMARK' && !('initialEventsEnd' in object);
}

function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(sorted(value)), reviver);
}

function reviver(this: unknown, key: string, value: unknown): unknown {
  if (key === 'resourceVersion') return 'given';
  if (key === 'continue') return value === '' ? undefined : 'given';
  if (key === 'columnDefinitions') return value === null ? null : 'columns';
  if (key === 'cells') return 'cells';
  if (key === 'message')
    return String(value)
      .replace(/\d{3,}/g, 'N')
      .replace(/\\x[89a-f][0-9a-f]/g, '\ufffd');
  const { kind, metadata } = (value ?? {}) as { kind?: string; metadata?: { name?: string; annotations?: object } };
  if (kind === 'Issue' || kind === 'PartialObjectMetadata') {
    const marked = metadata?.annotations && 'k8s.io/initial-events-end' in metadata.annotations;
    const name = metadata?.name;
    return { kind, ...(name !== undefined && { name }), ...(marked && { initialEventsEnd: true }) };
  }
  return value;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([key, content]) => [key, sorted(content)]));
}
