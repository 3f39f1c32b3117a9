import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { faultsOf } from '../../apiserver/ingest/input.ts';
import {
  type Delivery,
  evaluateDelivery,
  expressionPath,
  type Receiver,
  reportOf,
} from '../../apiserver/receivers/index.ts';
import { type InputFault, type Report, reportSchema } from '../../crds/report.ts';
import { escapeControls, escapeForTerminal } from '../../crds/text.ts';
import type { ReceiverTestOptions } from '../commands/receiver.ts';
import { EXIT, Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { readReceiver } from './read-receiver.ts';

/** What a receiver would say about a payload, one item after the other. */
interface Tried {
  readonly index: number;
  readonly report?: Report;
  readonly faults: readonly InputFault[];
}

/** `faultline receiver test`. */
export async function runReceiverTest(options: ReceiverTestOptions, streams: Streams): Promise<number> {
  const receiver = await readReceiver(options.receiver, await read(options.receiver));
  const payload = options.payload === '-' ? await readAll(streams.in) : await read(options.payload);
  const headers = Object.fromEntries(options.headers.map((header) => splitOnce(header)));
  const delivery: Delivery = {
    payload: parsed(payload, options.payload),
    headers,
    query: Object.fromEntries(new URLSearchParams(options.query)),
    receivedAt: Date.now(),
  };
  const { said, skipped } = await evaluateDelivery(receiver, delivery);
  const tried = said.map(({ index, values, faults }): Tried => {
    if (faults) return { index, faults };
    const report = reportOf(receiver, values, delivery, { index, clusterScopedNamespace: 'faultline-system' });
    const wrong = faultsOf(reportSchema, report).map((fault) => ({ ...fault, path: expressionPath(fault.path) }));
    return { index, report, faults: wrong };
  });
  const shown =
    options.output === 'json'
      ? `${escapeForTerminal(JSON.stringify({ reports: tried, skipped }, null, 2))}\n`
      : describe(receiver, tried, skipped);
  streams.out.write(shown);
  return tried.some(({ faults }) => faults.length > 0) ? EXIT.failure : EXIT.ok;
}

async function read(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(`cannot read ${file}: ${cause.code === 'ENOENT' ? 'no such file' : cause.code}`, { cause });
  });
}

function parsed(payload: string, file: string): unknown {
  try {
    return JSON.parse(payload);
  } catch (error) {
    throw new Failure(`${file === '-' ? 'standard input' : basename(file)} is not JSON: ${(error as Error).message}`);
  }
}

function splitOnce(header: string): [string, string] {
  const at = header.indexOf('=');
  return [header.slice(0, at).toLowerCase(), header.slice(at + 1)];
}

function describe(receiver: Receiver, tried: readonly Tried[], skipped: number): string {
  const lines = tried.flatMap((one) => [
    ...(receiver.expressions.each ? [`item ${one.index}`] : []),
    ...(one.report && one.faults.length === 0 ? happenings(one.report) : []),
    ...one.faults.map(({ path, message }) => `  does not fit: ${path} ${message}`),
  ]);
  if (skipped > 0)
    lines.push(tried.length === 0 && skipped === 1 ? 'nothing: match is false' : `${skipped} left out: match is false`);
  const fitting = tried.filter(({ faults }) => faults.length === 0).length;
  lines.push(`${receiver.source}: ${fitting} of ${tried.length} would be reported`);
  return `${lines.map((line) => escapeControls(line)).join('\n')}\n`;
}

/** Where, about what, and the decision on each key in words; the cells are those of docs/concepts.md. */
function happenings({ namespace, subject, order, body }: Report): string[] {
  const { kind, name, aspect } = subject;
  const when = order.class === 'run' ? `as of ${order.completedAt}` : 'in order of arrival';
  const lines = [`  ${kind} ${name}${aspect ? ` ${aspect}` : ''} in namespace ${namespace}, ${when}`];
  if ('deleted' in body) return lines;
  for (const { key, severity, type, title } of body.findings) {
    lines.push(`  open ${key}: ${severity} ${type}: ${title} (or update it, or reopen it when it was resolved)`);
  }
  const resolved = 'resolve' in body ? (body.resolve ?? []) : [];
  for (const key of resolved) lines.push(`  resolve ${key}, when it is Active`);
  if (body.complete)
    lines.push(body.findings.length === 0 ? '  resolve everything else that is Active' : '  resolve every other key');
  else if (body.findings.length === 0 && resolved.length === 0)
    lines.push('  nothing: neither a finding nor a key to resolve');
  return lines;
}
