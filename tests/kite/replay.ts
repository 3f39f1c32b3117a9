/** A conversation with Kite, recorded or written: requests in order, and what they are answered. */
export interface Exchange {
  readonly name: string;
  readonly method: string;
  /** `{{a.id}}` stands for the id of the answer that was captured as `a`. */
  readonly path: string;
  readonly body?: unknown;
  readonly capture?: string;
  readonly expect: { readonly status: number; readonly body?: unknown; readonly location?: string };
}

export interface Difference {
  readonly name: string;
  readonly expected: unknown;
  readonly answered: unknown;
}

type Ask = (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>;

/** Sends all of it, and says where an answer differs beyond ids, times and what is deliberately different. */
export async function replay(conversation: readonly Exchange[], ask: Ask): Promise<Difference[]> {
  const ids = new Map<string, string>();
  const differences: Difference[] = [];
  const filled = (text: string): string =>
    text.replace(/\{\{(\w+)\.id\}\}/g, (_, name: string) => ids.get(name) ?? '?');
  for (const { name, method, path, body, capture, expect } of conversation) {
    const sent = body === undefined ? undefined : JSON.parse(filled(JSON.stringify(body)));
    const answer = await ask(method, filled(path), sent);
    if (capture !== undefined) ids.set(capture, idOf(answer.body));
    const expected = deliberately(expect);
    const same =
      expected.status === answer.status &&
      (expected.body === undefined || JSON.stringify(plain(expected.body)) === JSON.stringify(plain(answer.body)));
    if (!same) differences.push({ name, expected, answered: answer });
  }
  return differences;
}

/** Redirects to the path with a slash are answered directly; an id that is none is not found. */
function deliberately(expected: Exchange['expect']): { status: number; body?: unknown } {
  if (expected.status === 301) return { status: 200 };
  if (expected.status === 500) return { status: 404, body: { error: 'Issue not found' } };
  return expected;
}

function idOf(body: unknown): string {
  const { id, issue } = body as { id?: string; issue?: { id: string } };
  return id ?? issue?.id ?? '?';
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** Without what cannot be the same twice: ids, times, measurements; members in one order. */
function plain(value: unknown): unknown {
  if (typeof value === 'string') return UUID.test(value) ? '<id>' : isNow(value) ? '<time>' : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const entries = Object.entries(value).map(([name, each]) => [name, measured(name) ? '<number>' : plain(each)]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)));
}

/** The zero of Go's times is no time that differs. */
function isNow(text: string): boolean {
  return TIME.test(text) && !text.startsWith('0001');
}

function measured(name: string): boolean {
  return /_(connections|seconds)$/.test(name);
}
