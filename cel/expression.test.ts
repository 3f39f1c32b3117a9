import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Budget, compileExpression, type Evaluation, ExpressionFault, fromJson, placeOf } from './index.ts';

const PAYLOAD = {
  name: 'web',
  count: 12_345_678_901,
  ratio: 0.5,
  none: null,
  list: [1, 2, 3],
  nested: { 'a.b': { deep: true } },
  constructor: { name: 'hostile' },
  at: '2026-11-21T10:00:00Z',
};

function evaluate(text: string, payload: unknown = PAYLOAD, units = 100_000): Evaluation {
  return compileExpression(text, ['payload', 'item']).evaluate({ payload: fromJson(payload) }, new Budget(units));
}

function faultOf(text: string): { message: string; offset: number } {
  try {
    compileExpression(text, ['payload', 'item']);
  } catch (error) {
    if (error instanceof ExpressionFault) return { message: error.message, offset: error.offset };
    throw error;
  }
  throw new Error(`${text} is accepted`);
}

describe('the value of an expression', () => {
  test.each([
    ['payload.name + "-1"', 'web-1'],
    ['payload.count', 12_345_678_901],
    ['string(payload.count)', '12345678901'],
    ['payload.count == 12345678901', true],
    ['payload.ratio', 0.5],
    ['payload.list.map(x, x * 2)', [2, 4, 6]],
    ['payload.list.filter(x, x > 1).map(x, string(x)).join("/")', '2/3'],
    ['[[1] + [2]].map(x, (x + [3]).size() + (x + [4]).size())', [6]],
    ['{"a": payload.none, "b": 1}', { b: 1 }],
    ['payload.nested["a.b"].deep', true],
    ['payload.constructor.name', 'hostile'],
    ['has(payload.nope) ? payload.nope : "none"', 'none'],
    ['timestamp(payload.at)', '2026-11-21T10:00:00.000Z'],
    ['payload.name.matches("^w.b$")', true],
    ['strings.quote(payload.name)', '"web"'],
    ['type(payload.name) == string', true],
    ['payload.list.exists(x, x == 2) && payload.list.all(x, x < 4)', true],
  ])('%s', (text, value) => {
    expect(evaluate(text)).toEqual({ value });
  });

  test('names the variables that it was asked of', () => {
    expect([...compileExpression('payload.list.map(x, item.y)', ['payload', 'item', 'headers']).uses]).toEqual([
      'payload',
      'item',
    ]);
  });
});

describe('an expression is refused with its place', () => {
  test.each([
    ['payload.list[', 'syntax error', 13],
    ['paylaod.name', 'nothing is called paylaod; there is payload, item', 0],
    ['payload.list.map(x, y)', 'nothing is called y', 20],
    ['payload.name.upper()', 'there is no function upper', 12],
    ['1 + nope(payload)', 'there is no function nope', 4],
    ['payload.name.matches("(")', 'error parsing regexp', 12],
    ['Thing{a: 1}', 'there is no type Thing', 0],
    ['   ', 'is empty', 0],
    ['"x"'.padEnd(9_000), 'at most 8192', 0],
    [`[${'1, '.repeat(1_200)}1]`, 'at most 1000 are evaluated', 0],
    ['('.repeat(4_000), 'nested too deep', 0],
  ])('%.40s', (text, message, offset) => {
    const fault = faultOf(text);
    expect(fault.message).toContain(message);
    if (message !== 'syntax error') expect(fault.offset).toBe(offset);
  });

  test('which is line and column of a text of several lines', () => {
    const text = "payload.name == 'a' &&\n  nope.b";
    expect(placeOf(text, faultOf(text).offset)).toEqual({ line: 2, column: 3 });
    expect(placeOf('abc', 0)).toEqual({ line: 1, column: 1 });
  });
});

describe('a payload that does not fit', () => {
  test.each([
    ['payload.repository.name', 'payload.repository'],
    ['payload.nested.x', 'payload.nested.x'],
    ['payload["k"] + "a"', 'payload.k'],
    ['payload.nested["a.b"].y', 'payload.nested.a.b.y'],
    ['payload.list.map(x, payload.q)', 'payload.q'],
  ])('%s lacks %s', (text, missing) => {
    expect(evaluate(text).fault).toMatchObject({ missing, message: `there is no ${missing}` });
  });

  test.each([
    ['payload.name + 1', 'no matching overload'],
    ['payload.list[7]', 'out of bounds'],
    ['payload.list[0] / 0', 'divide by zero'],
    ['b"x"', 'neither text'],
    ['{1: 2}', 'keys must be strings'],
    ['0.0 / 0.0', 'the number NaN'],
  ])('%s is a fault: %s', (text, message) => {
    expect(evaluate(text).fault?.message).toContain(message);
  });
});

describe('the budget', () => {
  const many = { list: Array.from({ length: 2_000 }, (_, index) => index), text: 'a'.repeat(100_000) };

  test.each([
    ['nested macros', 'payload.list.exists(x, payload.list.exists(y, x + y == -1))'],
    ['which no || absorbs', 'payload.list.all(x, payload.list.all(y, true)) || true'],
    ['a list in a list', 'payload.list.map(x, payload.list == payload.list)'],
    ['text made of text', 'payload.text.replace("a", payload.text).size() > 0'],
    ['joined text', 'payload.list.map(x, payload.text).join(payload.text)'],
    ['a pattern', 'payload.list.exists(x, payload.text.matches("(a|aa)+b"))'],
    ['a pattern of many steps', 'payload.text.matches("(a{500}){2}b")'],
    ['split text', 'payload.list.map(x, payload.text.split("")).size() > 0'],
  ])('bounds %s', (_, text) => {
    expect(evaluate(text, many).fault?.message).toContain('costs more than 100000 units');
  });

  test('is enough for a macro over a long list, which does not overflow the stack', () => {
    expect(evaluate('payload.list.map(x, x + 1).filter(x, x > 1990).size()', many)).toEqual({ value: 10 });
    const longer = { list: Array.from({ length: 20_000 }, () => 1) };
    expect(evaluate('payload.list.map(x, x).size()', longer, 1_000_000)).toEqual({ value: 20_000 });
  });

  test('is shared with its parent', () => {
    const all = new Budget(30);
    const expression = compileExpression('1 + 1 + 1 + 1', []);
    const outcomes = Array.from({ length: 4 }, () => expression.evaluate({}, new Budget(20, all)).fault?.message);
    expect(outcomes.slice(0, 2)).toEqual([undefined, undefined]);
    expect(outcomes[3]).toContain('costs more than 30 units');
  });
});

test('JSON that is nested too deep is refused, not followed', () => {
  const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown;
  expect(() => fromJson(deep)).toThrow('nested deeper than 100 levels');
});

test('JSON is paid for by its nodes before anything is asked of it, and its text is free', () => {
  const units = (value: unknown): number => {
    const budget = new Budget(1_000);
    fromJson(value, budget);
    return budget.spent;
  };
  expect(units({ a: [1, 'x'.repeat(1_000_000)], b: { c: null } })).toBe(6);
  expect(() => units(Array.from({ length: 1_000 }, () => 0))).toThrow('costs more than 1000 units');
});

/** Whatever arrives, an expression answers. */
test('evaluation is total', () => {
  const texts = [
    'payload.a.b + payload.c',
    'payload.a.map(x, x.b + "s")',
    'payload.a.filter(x, x in payload.c).size() > payload.c',
    '{"k": payload.a, payload.c: 1}',
    'payload.a.matches(payload.c) || payload.c.matches(payload.a)',
    'payload.a.replace(payload.c, payload.a).split(payload.c)',
    'timestamp(payload.a)',
    'payload[payload.a]',
    'payload == payload.a',
    'int(payload.a) % int(payload.c)',
    'payload.a.substring(payload.c)',
    '"%s %d %.3f".format([payload.a, payload.c, payload.a])',
    'payload.a ? payload.c : payload',
    'duration(payload.a)',
  ].map((text) => compileExpression(text, ['payload']));
  const json = fc.oneof(
    fc.jsonValue(),
    fc.record({ a: fc.jsonValue(), c: fc.jsonValue() }),
    fc.record({ a: fc.string(), c: fc.string() }),
    fc.record({ a: fc.array(fc.record({ b: fc.string() })), c: fc.array(fc.integer()) }),
    fc.record({ a: fc.integer(), c: fc.double() }),
  );
  fc.assert(
    fc.property(json, (payload) => {
      for (const expression of texts) {
        const outcome = expression.evaluate({ payload: fromJson(payload) }, new Budget(10_000));
        if (outcome.fault === undefined) expect(JSON.stringify(outcome.value)).toBeTypeOf('string');
        else expect(outcome.fault.message).not.toBe('');
      }
    }),
    { numRuns: 300 },
  );
});
