import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { openApiDocument } from './document.ts';
import { OPERATIONS, TAGS } from './operations.ts';
import { checker, operationsOf } from './testing/documented.ts';
import { OPENAPI_STRUCTURE } from './testing/structure.ts';

const document = openApiDocument('1.2.3');
const documented = operationsOf(document);
const check = checker(document);
const structureChecker = () => new Ajv2020({ strict: false, allErrors: true, logger: false });

test('the document has the structure of OpenAPI 3.1, and each of its schemas is one of draft 2020-12', () => {
  const ajv = structureChecker();
  const validate = ajv.compile(OPENAPI_STRUCTURE);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
});

test('that check refuses what OpenAPI does not know, and what is no schema', () => {
  const validate = structureChecker().compile(OPENAPI_STRUCTURE);
  const { components } = document;
  expect(validate({ ...document, path: {} })).toBe(false);
  expect(validate({ ...document, openapi: '3.0.0' })).toBe(false);
  const schemas = { ...components.schemas, Error: { type: 'text' } };
  expect(validate({ ...document, components: { ...components, schemas } })).toBe(false);
});

test('every reference leads somewhere, and every named schema is referred to', () => {
  const references = new Set(JSON.stringify(document).match(/(?<="\$ref":"#\/)[^"]+/g));
  const found = (path: string): unknown =>
    path.split('/').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
  expect([...references].filter((path) => found(path) === undefined)).toEqual([]);
  const schemas = Object.keys(document.components.schemas).filter(
    (name) => !references.has(`components/schemas/${name}`),
  );
  expect(schemas).toEqual([]);
});

test('operations have an id of their own and a tag that is explained; no tag is empty', () => {
  const ids = documented.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(documented).toHaveLength(OPERATIONS.length); // no two for one method and path
  expect(new Set(documented.flatMap(({ operation }) => operation.tags))).toEqual(new Set(Object.keys(TAGS)));
});

describe.each(documented)('$method $path', ({ method, path, operation }) => {
  test('declares the parameters of its path, and none twice', () => {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const declared = operation.parameters ?? [];
    expect(declared.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(named);
    const keys = declared.map((each) => `${each.in} ${each.name}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('has examples that its schemas accept', () => {
    const bodies: [readonly string[], object][] = Object.entries(operation.responses).flatMap(([status, answer]) =>
      'content' in answer && answer.content
        ? [[['paths', path, method, 'responses', status, 'content'], answer.content] as [string[], object]]
        : [],
    );
    if (operation.requestBody) {
      bodies.push([['paths', path, method, 'requestBody', 'content'], operation.requestBody.content]);
    }
    for (const [pointer, content] of bodies) {
      for (const [type, { example }] of Object.entries(content)) {
        expect(check([...pointer, type, 'schema'], example), `${pointer.join('/')}: ${type}`).toBeUndefined();
      }
    }
  });

  test('names the failures that every operation may have, and a success', () => {
    const statuses = Object.keys(operation.responses);
    expect(statuses).toContain('401');
    expect(statuses.filter((status) => /^[23]/.test(status)).length).toBeGreaterThan(0);
    if (operation.requestBody) expect(statuses).toEqual(expect.arrayContaining(['400', '413', '415']));
  });

  test('its example of a path is one of it', () => {
    const { examplePath = path } = OPERATIONS.find(({ id }) => id === operation.operationId) ?? {};
    const pattern = path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/{}]+');
    expect(examplePath.split('?')[0]).toMatch(new RegExp(`^${pattern}$`));
    const known = (operation.parameters ?? []).filter((each) => each.in === 'query').map(({ name }) => name);
    for (const name of new URLSearchParams(examplePath.split('?')[1]).keys()) expect(known).toContain(name);
  });
});

test('the pages that it names are there', () => {
  const pages = new Set(JSON.stringify(document).match(/docs\/[a-z-]+\.md/g));
  expect([...pages].filter((page) => !existsSync(join(import.meta.dirname, '../../..', page)))).toEqual([]);
});
