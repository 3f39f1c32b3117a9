import { humanDuration } from '../../crds/duration.ts';
import type { IssueCounts, IssueStatistics, IssueStatisticsStatus } from '../../crds/issue-statistics.ts';
import { API_VERSION } from '../../crds/names.ts';
import { oneLine } from '../../crds/text.ts';
import type { StatsOptions } from '../commands/stats.ts';
import { EXIT, Failure } from '../exit.ts';
import { fittedTable, roomOf } from '../printers/fit.ts';
import type { Streams } from '../streams.ts';
import { Asker } from './ask.ts';
import { connectToRead } from './connect.ts';
import { Refusal, whereIs } from './fault.ts';
import { objectText } from './print/object.ts';

/** `faultline stats`: answers the exit code. Throws a Failure of one line with what the server said. */
export async function runStats(options: StatsOptions, streams: Streams): Promise<number> {
  await using asker = new Asker(await connectToRead(options, streams), streams.signal);
  const namespace = options.namespace ?? asker.connection.namespace ?? 'default';
  const status = await statisticsOf(asker, options, namespace, streams);
  const { output } = options;
  const text =
    output === 'text'
      ? `${statisticsLines(status, roomOf(streams.out)).join('\n')}\n`
      : await objectText(status, output);
  streams.out.write(text);
  const { open, opened, resolved } = status.total;
  if (!options.allNamespaces && output === 'text' && open + opened + resolved === 0) {
    streams.err.write(`Nothing was broken in namespace ${namespace} (of all namespaces: -A).\n`);
  }
  return EXIT.ok;
}

async function statisticsOf(
  asker: Asker,
  options: StatsOptions,
  namespace: string,
  { err }: Streams,
): Promise<IssueStatisticsStatus> {
  const status = await ask(asker, options, namespace);
  const { asOf, allNamespaces, types, subjects } = options;
  if (asOf === undefined) return status;
  const { withOpenThen } = await import('./open-then.ts');
  const scope = { namespace: allNamespaces ? undefined : namespace, types, subjects, asOf };
  const then = await withOpenThen(asker, status, scope);
  if (then === undefined) err.write('What is open is counted now: you may not list issues of all namespaces.\n');
  return then ?? status;
}

async function ask(asker: Asker, options: StatsOptions, namespace: string): Promise<IssueStatisticsStatus> {
  const { allNamespaces, types, subjects, since, until, limit } = options;
  const spec = {
    ...(!allNamespaces && { namespaces: [namespace] }),
    ...(types.length > 0 && { types }),
    ...(subjects.length > 0 && { subjects }),
    ...(until !== undefined && { until }),
    ...{ since, limit },
  };
  const body = { apiVersion: API_VERSION, kind: 'IssueStatistics', spec };
  try {
    const answered = await asker.json<IssueStatistics>(`/apis/${API_VERSION}/issuestatistics`, { body });
    return answered.body.status as IssueStatisticsStatus;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) {
      throw new Failure(`${whereIs(asker.connection)} counts nothing: its Faultline is older than this command`);
    }
    throw error;
  }
}

const COUNTS = ['open', 'opened', 'resolved', 'mean time'];
const MAX_CELL = 200;

/** For people. Nothing in it is executed by a terminal, whoever the server is. */
export function statisticsLines(status: IssueStatisticsStatus, room = Number.POSITIVE_INFINITY): string[] {
  const table = (columns: readonly string[], rows: readonly (readonly string[])[]) => tableLines(columns, rows, room);
  const section = (columns: readonly string[], rows: readonly (readonly string[])[]) =>
    rows.length === 0 ? [] : ['', ...table(columns, rows)];
  const { since, until, total, namespaces, types, subjects, mostFrequent, days } = status;
  return [
    `From ${oneLine(since, 64)} to ${oneLine(until, 64)}`,
    '',
    ...table(['', ...COUNTS], [['in all', ...cells(total)]]),
    ...section(
      ['namespace', ...COUNTS],
      namespaces.map((row) => [row.namespace, ...cells(row)]),
    ),
    ...section(
      ['type', ...COUNTS],
      types.map((row) => [row.type, ...cells(row)]),
    ),
    ...section(
      ['subject', 'namespace', ...COUNTS],
      subjects.map((row) => [`${row.kind}/${row.subject}`, row.namespace, ...cells(row)]),
    ),
    ...section(
      ['opened', 'namespace', 'name', 'title'],
      mostFrequent.map(({ episodes, namespace, name, title }) => [String(episodes), namespace, name, title]),
    ),
    ...section(
      ['day', 'opened', 'resolved'],
      days.map(({ day, opened, resolved }) => [day, String(opened), String(resolved)]),
    ),
  ];
}

function cells({ open, opened, resolved, meanSecondsToResolve: mean }: IssueCounts): string[] {
  return [String(open), String(opened), String(resolved), mean === undefined ? '-' : humanDuration(mean * 1_000)];
}

function tableLines(columns: readonly string[], rows: readonly (readonly string[])[], room: number): string[] {
  const clean = rows.map((row) => row.map((cell) => oneLine(cell, MAX_CELL)));
  return fittedTable({ columns, rows: clean }, room)
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}
