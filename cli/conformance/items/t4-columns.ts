import { TABLE } from '../accept.ts';
import { ensure, type Item } from '../item.ts';
import { tableOf } from '../tables.ts';

const TYPES = ['string', 'integer', 'number', 'boolean', 'date'];

export const t4: Item = {
  number: 'T4',
  level: 'MUST',
  requirement: 'The first column is the name; every row has one scalar a column.',
  breaks: 'kubectl get -o name-like scripts, k9s, which finds the object by the first column.',
  async check(subject) {
    const { api, collection } = subject;
    await subject.objects();
    const { columns, rows } = tableOf(await api.send(`${collection}?limit=50`, { headers: { accept: TABLE } }));
    const [first] = columns;
    const isName = first?.type === 'string' && first.format === 'name';
    ensure(isName, `the first column is ${first?.name} (type ${first?.type}, format "${first?.format}")`);
    for (const { name, type = '', description, priority } of columns) {
      ensure(name && TYPES.includes(type), `the column ${name} has the type "${type}"`);
      ensure(typeof description === 'string', `the column ${name} has no description`);
      ensure(Number.isInteger(priority), `the column ${name} has the priority ${priority}`);
    }
    for (const { cells, object } of rows) {
      const name = object?.metadata?.name;
      ensure(
        cells?.length === columns.length,
        `the row of ${name} has ${cells?.length} cells for ${columns.length} columns`,
      );
      ensure(cells[0] === name, `the first cell of ${name} is ${JSON.stringify(cells[0])}`);
      const odd = cells.findIndex((cell) => typeof cell === 'object' && cell !== null);
      ensure(odd < 0, `the cell ${columns[odd]?.name} of ${name} is ${JSON.stringify(cells[odd])}`);
    }
  },
};
