import { SEVERITIES, type Severity } from '../../crds/issue-words.ts';
import { LABELS } from '../../crds/names.ts';
import { oneLine } from '../../crds/text.ts';
import type { TopOf, TopOptions } from '../commands/top.ts';
import { EXIT } from '../exit.ts';
import { formatTable } from '../printers/table.ts';
import type { Streams } from '../streams.ts';
import { Asker } from './ask.ts';
import { connectToRead } from './connect.ts';
import { type ListQuery, listPages, type Row } from './issues.ts';
import { objectText } from './print/object.ts';

/** One place of a ranking. */
export interface Place {
  readonly namespace: string;
  /** Of components and applications. */
  readonly name?: string;
  readonly open: number;
  readonly severities: Readonly<Record<Severity, number>>;
}

/** `faultline top`: answers the exit code. Throws a Failure of one line with what the server said. */
export async function runTop(options: TopOptions, streams: Streams): Promise<number> {
  await using asker = new Asker(await connectToRead(options, streams), streams.signal);
  const active = `${LABELS.state}=Active`;
  const query: ListQuery = {
    ...{ namespace: options.namespace, asOf: options.asOf, table: true, objects: false, fieldSelector: '' },
    labelSelector: options.selector ? `${active},${options.selector}` : active,
  };
  const rows: Row[] = [];
  for await (const page of listPages(asker, query)) for (const row of page.rows) rows.push(row);
  const { output, limit } = options;
  const rankings = options.of.map((of) => {
    const places = rank(rows, of);
    return { of, places: limit === 0 ? places : places.slice(0, limit) };
  });
  if (output !== 'table') {
    streams.out.write(await objectText(Object.fromEntries(rankings.map(({ of, places }) => [of, places])), output));
  } else if (rows.length === 0) {
    const where = options.namespace === undefined ? 'in any namespace' : `in namespace ${options.namespace}`;
    streams.err.write(`No Active issues ${where}${options.asOf === undefined ? '.' : ' at that time.'}\n`);
  } else {
    const shown = rankings.filter(({ places }) => places.length > 0);
    streams.out.write(shown.map(({ of, places }) => tableOf(of, places)).join('\n'));
  }
  return EXIT.ok;
}

/** The most open first; of as many the worse ones. Pure. */
export function rank(rows: readonly Pick<Row, 'object'>[], of: TopOf): Place[] {
  const places = new Map<
    string,
    { namespace: string; name?: string; open: number; severities: Record<string, number> }
  >();
  for (const { object } of rows) {
    const { namespace, labels = {} } = object.metadata;
    const name = of === 'namespaces' ? undefined : labels[of === 'components' ? LABELS.component : LABELS.application];
    if (of !== 'namespaces' && !name) continue;
    const key = `${namespace}/${name ?? ''}`;
    let place = places.get(key);
    if (place === undefined) {
      const severities = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0]));
      place = { namespace, ...(name !== undefined && { name }), open: 0, severities };
      places.set(key, place);
    }
    place.open++;
    const severity = labels[LABELS.severity] ?? '';
    if (severity in place.severities) place.severities[severity] = (place.severities[severity] ?? 0) + 1;
  }
  return ([...places.values()] as Place[]).sort(compare);
}

function compare(a: Place, b: Place): number {
  if (a.open !== b.open) return b.open - a.open;
  for (const severity of SEVERITIES) {
    if (a.severities[severity] !== b.severities[severity]) return b.severities[severity] - a.severities[severity];
  }
  const [left, right] = [`${a.namespace}/${a.name ?? ''}`, `${b.namespace}/${b.name ?? ''}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

function tableOf(of: TopOf, places: readonly Place[]): string {
  const names = of === 'namespaces' ? ['namespace'] : ['namespace', of.slice(0, -1)];
  const rows = places.map(({ namespace, name, open, severities }) => [
    ...[namespace, ...(name === undefined ? [] : [name])].map((text) => oneLine(text, 253)),
    ...[open, ...SEVERITIES.map((severity) => severities[severity])].map(String),
  ]);
  return formatTable({ columns: [...names, 'open', ...SEVERITIES], rows });
}
