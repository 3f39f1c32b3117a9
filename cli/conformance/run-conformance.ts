import { connectCluster } from '../cluster/connection.ts';
import type { ConformanceOptions } from '../commands/conformance.ts';
import { EXIT, Failure, UsageError } from '../exit.ts';
import { createProgress } from '../progress.ts';
import { type Streams, wantsColor } from '../streams.ts';
import { didYouMean } from '../suggest.ts';
import { runChangeCommand } from './change-command.ts';
import { type ApiClient, createClient } from './client.ts';
import { directConnection } from './direct.ts';
import { Failed, type Item, LEVELS } from './item.ts';
import { items } from './items/index.ts';
import { compareAll } from './oracle/compare.ts';
import { printJson } from './printers/json.ts';
import { printJunit } from './printers/junit.ts';
import { printMarkdown } from './printers/markdown.ts';
import { printTable } from './printers/table.ts';
import { meetsEveryMust, type OracleReport, type Report, reportOf } from './report.ts';
import { run } from './run.ts';
import { Subject } from './subject.ts';
import { discover, type ResourceName, type Target } from './target.ts';

/** Fewer in one namespace, and pages, continue tokens and most of watches are not seen at all. */
const ENOUGH = 2;

/**
 * Connects, runs the chosen items and prints. Answers 0 when every MUST that could be seen is met, else 1; throws a
 * Failure after printing when there are too few objects to have seen much.
 */
export async function runConformance(options: ConformanceOptions, streams: Streams): Promise<number> {
  const chosen = choose(options);
  const connection = await connectCluster(options, streams);
  const { signal } = streams;
  const clients: ApiClient[] = [];
  const connect = (...given: Parameters<typeof createClient>): ApiClient => {
    const client = createClient(...given);
    clients.push(client);
    return client;
  };
  try {
    const api = connect(connection, { signal });
    const target = await discover(api, options.resource, options.namespace);
    const direct = await directConnection(options.direct, connection, target);
    const subject = new Subject({
      api,
      straight: direct && connect(direct, { signal }),
      anonymous: direct && connect(direct, { signal, anonymous: true }),
      target,
      change: changeOf(options, streams),
      listenMs: options.listenMs,
      signal,
    });
    const report = await judge(chosen, subject, options, streams);
    streams.out.write(print(report, options, streams));
    if (!options.allowEmpty) await requireObjects(subject);
    return meetsEveryMust(report) ? EXIT.ok : EXIT.failure;
  } finally {
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
  }
}

async function judge(
  chosen: readonly Item[],
  subject: Subject,
  options: ConformanceOptions,
  streams: Streams,
): Promise<Report> {
  const { target } = subject;
  using progress = createProgress(streams.err, streams.env, () => performance.now());
  progress.update('checking', 0, chosen.length);
  const results = await run(chosen, subject, {
    onResult: ({ item }, done, total) => progress.update(`checking (${item.number})`, done, total),
  });
  const oracle = options.oracle && (await compare(subject.api, target, options.oracle, progress));
  const resource = `${target.plural}.${target.version}.${target.group}`;
  return reportOf({ resource, server: subject.api.server, path: target.path, results, oracle });
}

/** What is not there fails nothing, so a score without objects says nothing. */
async function requireObjects(subject: Subject): Promise<void> {
  const most = await subject.most().catch((error: unknown) => {
    subject.signal.throwIfAborted();
    if (error instanceof SyntaxError) return undefined; // no JSON: the items have said so
    throw error;
  });
  if (most === undefined || most >= ENOUGH) return;
  const { plural, group } = subject.target;
  throw new Failure(
    `no namespace has ${ENOUGH} objects of ${plural}.${group}, so most of it was not seen: make some (three, with labels), or say --allow-empty`,
  );
}

/** Throws a UsageError for a number that no item has. */
function choose({ only, level }: ConformanceOptions): readonly Item[] {
  if (only === undefined) {
    const levels = LEVELS.slice(0, LEVELS.indexOf(level) + 1);
    return items.filter((item) => levels.includes(item.level));
  }
  const numbers = items.map(({ number }) => number);
  const unknown = only.filter((number) => !numbers.includes(number));
  const faults = unknown.map(
    (number) => `--only: no item ${number} is checked from outside${didYouMean(number, numbers)}`,
  );
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return items.filter(({ number }) => only.includes(number));
}

function changeOf({ changeCommand }: ConformanceOptions, { env, directory, signal }: Streams) {
  if (changeCommand === undefined) return undefined;
  return () => runChangeCommand(changeCommand, { env, directory, signal });
}

async function compare(
  api: ApiClient,
  target: Target,
  name: ResourceName,
  progress: ReturnType<typeof createProgress>,
): Promise<OracleReport> {
  try {
    const oracle = await discover(api, name, target.namespace);
    const comparisons = await compareAll(api, target, oracle, (done, total) =>
      progress.update('comparing', done, total),
    );
    return { resource: `${oracle.plural}.${oracle.version}.${oracle.group}`, comparisons };
  } catch (cause) {
    if (cause instanceof Failed) throw new Failure(`--oracle: ${cause.message}`, { cause });
    throw cause;
  }
}

function print(report: Report, { output }: ConformanceOptions, { out, env }: Streams): string {
  switch (output) {
    case 'table':
      return printTable(report, { columns: out.columns, color: wantsColor(out, env) });
    case 'json':
      return printJson(report);
    case 'junit':
      return printJunit(report);
    case 'markdown':
      return printMarkdown(report);
    default:
      throw new Error(`no such output: ${output satisfies never}`);
  }
}
