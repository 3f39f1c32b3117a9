import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printTemplate, valuesAt } from './evaluate.ts';
import { JsonPathError, parseRelaxed, parseTemplate } from './parse.ts';

/** The document of https://kubernetes.io/docs/reference/kubectl/jsonpath, and what it says that each template prints. */
const document = {
  kind: 'List',
  items: [
    { kind: 'None', metadata: { name: '127.0.0.1', labels: { 'kubernetes.io/hostname': '127.0.0.1' } }, n: 1 },
    { kind: 'None', metadata: { name: '127.0.0.2' }, status: { capacity: { cpu: '8' } }, n: 2 },
  ],
  users: [
    { name: 'myself', user: {} },
    { name: 'e2e', user: { username: 'admin', password: 'secret' } },
  ],
};
const print = (template: string) => printTemplate(parseTemplate(template), document);

describe('a template', () => {
  it.each([
    ['kind is {.kind}', 'kind is List'],
    ['{.kind}', 'List'],
    ["{['kind']}", 'List'],
    ['{..name}', '127.0.0.1 127.0.0.2 myself e2e'],
    ['{.items[*].metadata.name}', '127.0.0.1 127.0.0.2'],
    ['{.users[0].name}', 'myself'],
    ["{.items[*]['metadata.name', 'status.capacity']}", ''],
    ["{.items[*]['kind','n']}", 'None 1 None 2'],
    ['{.users[?(@.name=="e2e")].user.password}', 'secret'],
    ['{.items[?(@.n>1)].metadata.name}', '127.0.0.2'],
    ['{.items[?(@.status)].n}', '2'],
    ['{range .items[*]}[{.metadata.name}, {.n}] {end}', '[127.0.0.1, 1] [127.0.0.2, 2] '],
    ['{range .items[*]}{.metadata.name}{"\\t"}{end}', '127.0.0.1\t127.0.0.2\t'],
    ['{.items[0].metadata.labels.kubernetes\\.io/hostname}', '127.0.0.1'],
    ["{.items[0].metadata.labels['kubernetes.io/hostname']}", '127.0.0.1'],
    ['{.items[-1].n}{.items[0:1].n}{.items[::2].n}{.items[-2:].n}', '2111 2'],
    ['{.items[-1:].n}', '2'],
    ['{$.kind}{@.kind}', 'ListList'],
    ['{.users[1].user}', '{"password":"secret","username":"admin"}'],
    ['{.nothing.at.all}', ''],
    ['{.items.*.n}', '1 2'],
    ['{.constructor}{.toString}', ''],
    ['.kind', '.kind'],
  ])('%s prints %j', (template, printed) => {
    expect(print(template)).toBe(printed);
  });

  it.each([
    '{',
    '{}',
    '{.items[}',
    '{range .items[*]}',
    '{end}',
    '{.items[?(@.n]}',
    '{kind}',
    '{.a b}',
    '{.x[a]}',
    '{.x[]}',
  ])('%s is refused', (template) => {
    expect(() => parseTemplate(template)).toThrow(JsonPathError);
  });
});

it('a path may be written short where it stands alone', () => {
  for (const path of ['.users[0].name', 'users[0].name', '{.users[0].name}']) {
    expect(valuesAt(parseRelaxed(path), document)).toEqual(['myself']);
  }
  expect(() => parseRelaxed('{a}{b}')).toThrow(JsonPathError);
});

it('any text at all is a template or refused as none', () => {
  const word = fc.constantFrom(
    '{',
    '}',
    '.',
    '..',
    '[',
    ']',
    '*',
    '"',
    "'",
    '?(',
    ')',
    '@',
    '==',
    'range ',
    'end',
    'items',
    '1',
    ':',
    '-',
    ',',
    '\\',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      try {
        expect(typeof print(words.join(''))).toBe('string');
      } catch (error) {
        expect(error).toBeInstanceOf(JsonPathError);
      }
    }),
    { numRuns: 2_000 },
  );
});
