import { expect, test } from 'vitest';
import { compileExpression } from './index.ts';

const reads = (text: string): string[] =>
  compileExpression(text, ['object', 'conditions', 'now']).reads.map((path) => path.join('/'));

test.each<[string, string[]]>([
  ["object.status.phase == 'Bound'", ['object/status/phase']],
  ["object['status'].phase", ['object/status/phase']],
  ["object.metadata.annotations['a.b/c']", ['object/metadata/annotations/a.b/c']],
  ['has(object.status.x) ? object.a : now', ['object/status/x', 'object/a', 'now']],
  ['object.status.items[0].name', ['object/status/items/name']],
  // A macro over a list: what it looks at of the items.
  ["object.l.exists(c, c.type == 'Ready' && c.status == 'False')", ['object/l/type', 'object/l/status']],
  ['object.a.exists(x, x.b.exists(y, y.c == x.d))', ['object/a/b/c', 'object/a/d']],
  ['object.l.map(x, x.b.c)', ['object/l/b/c']],
  // An item that is handed on, and how many there are, are the whole list.
  ['object.l.filter(x, x.a > 1)[0].b', ['object/l/a', 'object/l']],
  ['object.l.exists(c, true)', ['object/l']],
  ['object.l.size()', ['object/l']],
  ["object.m.exists(k, k.startsWith('x'))", ['object/m']],
  // What is computed is the whole of what it is taken from.
  ['object.m[object.spec.k].y', ['object/m', 'object/spec/k']],
  ['object.l.map(x, object.m[x])', ['object/m', 'object/l']],
  ['(has(object.a) ? object.b : object.c).d', ['object/a', 'object/b', 'object/c']],
  ['object == object', ['object']],
  ["conditions.Ready.status == 'True'", ['conditions/Ready/status']],
  // A name of a macro is not the variable of that name.
  ['[1].map(object, object.x).size()', []],
])('%s', (text, expected) => {
  expect(reads(text)).toEqual(expected);
});
