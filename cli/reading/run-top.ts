import { SEVERITIES, type Severity } from '../../crds/issue-words.ts';
import { LABELS } from '../../crds/names.ts';
import { oneLine } from '../../crds/text.ts';
import type { TopOf, TopOptions } from '../commands/top.ts';
import { EXIT } from '../exit.ts';
import { fittedTable, roomOf } from '../printers/fit.ts';
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
    ...{
      namespace: options.namespace,
      asOf: options.asOf,
      table: true,
      objects: false,
      fieldSelector: '',
      streamed: { slice: 500 },
    },
    labelSelector: options.selector ? `${active},${options.selector}` : active,
  };
  const rankings = options.of.map((of) => new Ranking(of));
  let count = 0;
  for await (const { rows } of listPages(asker, query)) {
    count += rows.length;
    for (const ranking of rankings) ranking.add(rows);
  }
  const { output, limit } = options;
  const ranked = rankings.map((ranking) => ({ of: ranking.of, places: ranking.places(limit) }));
  if (output !== 'table') {
    streams.out.write(await objectText(Object.fromEntries(ranked.map(({ of, places }) => [of, places])), output));
    return EXIT.ok;
  }
  const shown = ranked.filter(({ places }) => places.length > 0);
  if (shown.length === 0) {
    const where = options.namespace === undefined ? 'in any namespace' : `in namespace ${options.namespace}`;
    const what = count === 0 ? 'No Active issues' : `No labels of ${options.of.join(' or ')} on the Active issues`;
    streams.err.write(`${what} ${where}${options.asOf === undefined ? '.' : ' at that time.'}\n`);
  }
  streams.out.write(shown.map(({ of, places }) => tableOf(of, places, roomOf(streams.out))).join('\n'));
  return EXIT.ok;
}

/** Counts page by page: nothing of an issue is kept. */
export class Ranking {
  readonly of: TopOf;
  readonly #places = new Map<string, Counted>();

  constructor(of: TopOf) {
    this.of = of;
  }

  add(rows: readonly Pick<Row, 'object'>[]): void {
    for (const { object } of rows) {
      const { namespace, labels = {} } = object.metadata;
      const name = this.of === 'namespaces' ? '' : (labels[LABEL_OF[this.of]] ?? '');
      if (this.of !== 'namespaces' && name === '') continue;
      const place = this.#placeOf(namespace, name);
      place.open++;
      const severity = labels[LABELS.severity] as Severity;
      if (SEVERITIES.includes(severity)) place.severities[severity]++;
    }
  }

  /** The most open first; of as many the worse ones. `limit`: at most so many, 0 for all. */
  places(limit: number): Place[] {
    const all = [...this.#places.values()].sort(compare);
    return limit === 0 ? all : all.slice(0, limit);
  }

  #placeOf(namespace: string, name: string): Counted {
    const key = `${namespace}/${name}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const severities = { critical: 0, major: 0, minor: 0, info: 0 };
    const place = { namespace, ...(name !== '' && { name }), open: 0, severities };
    this.#places.set(key, place);
    return place;
  }
}

interface Counted extends Place {
  open: number;
  readonly severities: Record<Severity, number>;
}

const LABEL_OF = { components: LABELS.component, applications: LABELS.application } as const;

function compare(a: Place, b: Place): number {
  if (a.open !== b.open) return b.open - a.open;
  for (const severity of SEVERITIES) {
    if (a.severities[severity] !== b.severities[severity]) return b.severities[severity] - a.severities[severity];
  }
  const [left, right] = [`${a.namespace}/${a.name ?? ''}`, `${b.namespace}/${b.name ?? ''}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

function tableOf(of: TopOf, places: readonly Place[], room: number): string {
  const names = of === 'namespaces' ? ['namespace'] : ['namespace', of.slice(0, -1)];
  const rows = places.map(({ namespace, name, open, severities }) => [
    ...[namespace, ...(name === undefined ? [] : [name])].map((text) => oneLine(text, 253)),
    ...[open, ...SEVERITIES.map((severity) => severities[severity])].map(String),
  ]);
  return fittedTable({ columns: [...names, 'open', ...SEVERITIES], rows }, room);
}
