import type { IssueGroup } from '../../crds/issue-group.ts';
import { DNS_SUBDOMAIN } from '../../crds/names.ts';
import { oneLine } from '../../crds/text.ts';
import type { GroupsOptions } from '../commands/groups.ts';
import { momentOf } from '../commands/reading.ts';
import { EXIT, Failure } from '../exit.ts';
import { roomOf } from '../printers/fit.ts';
import type { Streams } from '../streams.ts';
import { suggest } from '../suggest.ts';
import { Asker } from './ask.ts';
import { connectToRead } from './connect.ts';
import { Refusal, whereIs } from './fault.ts';
import { type ListQuery, listPages, type Page, readIssue } from './issues.ts';
import { printerOf } from './print/choose.ts';
import { escaped } from './select.ts';

/** `faultline groups`: answers the exit code. Throws a Failure of one line with what the server said. */
export async function runGroups(options: GroupsOptions, streams: Streams, now = Date.now): Promise<number> {
  await using asker = new Asker(await connectToRead(options, streams), streams.signal);
  const { names, output } = options;
  if (options.namespace !== undefined || options.asOf !== undefined)
    return await printMade(asker, options, streams, now);
  if (names.length > 0 && output === undefined) {
    const { groupLines } = await import('./group-lines.ts');
    for (const [index, name] of names.entries()) {
      const group = (await groupOf(asker, name)) as unknown as IssueGroup;
      streams.out.write(`${index === 0 ? '' : '\n\n'}${groupLines(group, now()).join('\n')}\n`);
    }
    return EXIT.ok;
  }
  return await printServed(asker, options, streams);
}

const QUERY: Omit<ListQuery, 'fieldSelector' | 'table'> = {
  ...{ resource: 'issuegroups', namespace: undefined, asOf: undefined, labelSelector: '', objects: false },
};

async function printServed(asker: Asker, options: GroupsOptions, streams: Streams): Promise<number> {
  const { names, all, headers, output = { format: 'table', template: '' } } = options;
  const filters = { state: all ? [] : ['Active'] };
  const printing = { names, headers, output, filters, allNamespaces: false, watch: false, singular: 'issuegroup' };
  const printer = await printerOf(printing, streams);
  const open = all ? [] : ['status.state=Active'];
  const fieldSelector = [...open, ...(options.fieldSelector ? [options.fieldSelector] : [])].join(',');
  const query: ListQuery = { ...QUERY, fieldSelector, table: printer.table, objects: printer.objects };
  let count = 0;
  if (names.length > 0) {
    for (const name of names) printer.page(await pageOf(asker, name, query));
    count = names.length;
  } else {
    try {
      for await (const page of listPages(asker, query)) {
        count += page.rows.length;
        printer.page(page);
      }
    } catch (error) {
      throw explained(error, asker);
    }
  }
  printer.end();
  if (count === 0) streams.err.write(all ? 'No groups.\n' : 'No Active groups.\n');
  return EXIT.ok;
}

/** Who may not list groups may list issues, and groups are made of these. */
function explained(error: unknown, asker: Asker): unknown {
  if (!(error instanceof Refusal)) return error;
  if (error.status === 403) return new Failure(`${error.message}, or ask about one namespace: -n NAMESPACE`);
  return error.status === 404
    ? new Failure(`${whereIs(asker.connection)} serves no groups: its Faultline is older than this command`)
    : error;
}

async function groupOf(asker: Asker, name: string) {
  return (await pageOf(asker, name, { ...QUERY, fieldSelector: '', table: false })).rows[0]?.object;
}

/** By its name, else by the text that findings carry as their group. */
async function pageOf(asker: Asker, name: string, query: ListQuery): Promise<Page> {
  try {
    if (DNS_SUBDOMAIN.test(name)) return await readIssue(asker, name, query);
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 404 || error.object === undefined) {
      throw explained(error, asker);
    }
  }
  const ofKey = listPages(asker, { ...query, fieldSelector: `spec.group=${escaped(name)}` });
  const { value: page, done } = await ofKey.next().catch((error: unknown) => {
    throw explained(error, asker);
  });
  if (!done && page.rows.length > 0) return page;
  throw new Failure(await missingGroup(asker, name));
}

async function missingGroup(asker: Asker, name: string): Promise<string> {
  const known: string[] = [];
  for await (const { rows } of listPages(asker, { ...QUERY, fieldSelector: '', table: true, objects: true })) {
    for (const { object } of rows) known.push(object.metadata.name, object.spec.group ?? '');
  }
  const near = suggest(name, known.filter(Boolean));
  const hint = near === undefined ? ': see faultline groups --all' : `; did you mean "${oneLine(near, 253)}"?`;
  return `there is no group "${name}"${hint}`;
}

async function printMade(asker: Asker, options: GroupsOptions, streams: Streams, now: () => number): Promise<number> {
  const { foldGroups, madeTable } = await import('./made-groups.ts');
  const { namespace, asOf, all, output } = options;
  const query: ListQuery = {
    ...{ namespace, asOf, labelSelector: all ? '' : 'faultline.dev/state=Active', fieldSelector: '' },
    ...{ table: false, objects: true },
  };
  const issues = [];
  for await (const { rows } of listPages(asker, query)) issues.push(...rows.map(({ object }) => object));
  const made = foldGroups(issues);
  const at = asOf === undefined ? now() : (momentOf(asOf, now()) ?? now());
  if (output !== undefined && output.format !== 'table') {
    const { objectText } = await import('./print/object.ts');
    streams.out.write(await objectText(made, output.format as 'json' | 'yaml'));
  } else if (made.length === 0) {
    const where = namespace === undefined ? 'in any namespace' : `in namespace ${namespace}`;
    streams.err.write(`No issues ${where} name a group${asOf === undefined ? '.' : ' at that time.'}\n`);
  } else {
    streams.out.write(madeTable(made, at, options.headers, roomOf(streams.out)));
  }
  return EXIT.ok;
}
