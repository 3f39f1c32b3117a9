import type { Answered, Door } from './ask.ts';
import { ask } from './ask.ts';
import type { Row } from './corpus.ts';

/** One of those who are asked the corpus, with what it calls the things that the rows name in braces. */
export interface Side {
  readonly door: Door;
  readonly names: Readonly<Record<'group' | 'now' | 'old' | 'token', string>>;
}

/** Looks at a side that has been changed since `earlier`: what is current there now. */
export async function sideOf(door: Door, group: string, earlier?: Side): Promise<Side> {
  const path = `/apis/${group}/v1alpha1/namespaces/default/issues?limit=1`;
  const { body } = await ask(door, { method: 'GET', path, headers: {} });
  const { resourceVersion, continue: token } = (JSON.parse(body) as { metadata: Record<string, string> }).metadata;
  const now = resourceVersion as string;
  return { door, names: { group, now, old: earlier?.names.now ?? now, token: token as string } };
}

export function askRow({ door, names }: Side, { request, headers, body }: Row): Promise<Answered> {
  const [method = '', path = ''] = request.split(/ (.*)/s);
  return ask(door, {
    method,
    path: fill(expand(path), names),
    headers: { accept: 'application/json', ...headers },
    body: body === undefined ? undefined : fill(body, names),
  });
}

/** `C`: the issues of a namespace, `R`: its issuereports, `G`: the group and version. */
function expand(path: string): string {
  const group = '/apis/{group}/v1alpha1';
  return path
    .replace(/^C/, `${group}/namespaces/default/issues`)
    .replace(/^R/, `${group}/namespaces/default/issuereports`)
    .replace(/^G/, group);
}

function fill(text: string, names: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole);
}

/** Asks a side all rows, a few at a time. */
export async function askAll(side: Side, rows: readonly Row[], atOnce = 12): Promise<Answered[]> {
  const answers: Answered[] = [];
  const queue = [...rows.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) answers[next[0]] = await askRow(side, next[1]);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return answers;
}
