import type { Defect } from '../defect.ts';
import { all, asking, asks, handling, head, items, json, lists, partials, tables, watches } from '../defect.ts';

const listTables = all(lists, tables);

export const tableDefects: Readonly<Record<string, readonly Defect[]>> = {
  T1: [
    asking('lists are never Tables', listTables, ({ request }) => {
      request.headers.accept = 'application/json';
    }),
    asking('watches are never Tables', all(watches, tables), ({ request }) => {
      request.headers.accept = 'application/json';
    }),
    asking(
      'v1beta1 is answered as v1',
      ({ request }) => request.headers.accept?.includes('v1beta1') ?? false,
      ({ request }) => {
        request.headers.accept = request.headers.accept?.replace('v1beta1', 'v1');
      },
    ),
    head('Tables have a Content-Type of their own', all(items, tables), ({ request, response }) =>
      response.setHeader(
        'Content-Type',
        request.headers.accept?.replace('application/json', 'application/table') ?? '',
      ),
    ),
  ],
  T2: [
    json('there is no version', listTables, (body) => {
      delete body.metadata?.resourceVersion;
    }),
    json('there is no token', listTables, (body) => {
      delete body.metadata?.continue;
    }),
  ],
  T3: [
    asking('rows always hold the metadata', listTables, ({ query }) => {
      if (query.get('includeObject') !== 'nonsense') query.delete('includeObject');
    }),
    asking('a value that is none is the default', all(listTables, asks('includeObject', 'nonsense')), ({ query }) =>
      query.delete('includeObject'),
    ),
    json(
      'rows hold nothing',
      all(listTables, ({ query }) => !query.has('includeObject')),
      (body) => {
        for (const row of body.rows ?? []) delete row.object;
      },
    ),
  ],
  T4: [
    json('the first column is not the name', listTables, (body) => {
      body.columnDefinitions?.reverse();
      for (const row of body.rows ?? []) row.cells?.reverse();
    }),
    json('cells are objects', listTables, (body) => {
      for (const { cells } of body.rows ?? []) if (cells) cells[1] = { color: cells[1] };
    }),
    json('a cell is missing', listTables, (body) => {
      for (const row of body.rows ?? []) row.cells?.pop();
    }),
  ],
  T6: [
    asking('watches are of the real kind', all(watches, partials), ({ request }) => {
      request.headers.accept = 'application/json';
    }),
    json('metadata comes with the spec', all(items, partials), (body) => {
      body.spec = { color: 'red' };
    }),
    asking(
      'protobuf first is refused',
      all(lists, ({ request }) => /^application\/vnd/.test(request.headers.accept ?? '')),
      ({ request }) => {
        request.headers.accept = 'application/vnd.kubernetes.protobuf';
      },
    ),
  ],
  T8: [
    handling(
      'an unknown form is refused at once',
      all(lists, ({ request }) => /as=Foo.*,/.test(request.headers.accept ?? '')),
      (exchange) => exchange.answer(406, { kind: 'Status', reason: 'NotAcceptable', code: 406 }),
    ),
    json('errors are Tables', tables, (body) => (body.kind === 'Status' ? { kind: 'Table', rows: [] } : body)),
  ],
};
