import { ensure, type Item } from '../item.ts';
import { type OpenApiDocument, schemaOf, templatePath } from '../openapi.ts';

export const o7: Item = {
  number: 'O7',
  level: 'SHOULD',
  requirement: 'The schema describes itself and its fields, and operations say which action they are.',
  breaks: 'kubectl explain shows names without a word; generated clients mix list and get up.',
  async check(subject) {
    const { target } = subject;
    const document = (await subject.document()) as OpenApiDocument;
    const schema = schemaOf(document, target);
    ensure(schema, `there is no schema of ${target.kind}`);
    ensure(schema.description, `the schema of ${target.kind} has no description`);
    for (const field of ['apiVersion', 'kind', 'metadata']) {
      ensure(schema.properties?.[field]?.description, `${field} has no description`);
    }
    const collection = templatePath(target);
    const actions = [collection, `${collection}/{name}`].map(
      (path) => document.paths?.[path]?.get?.['x-kubernetes-action'],
    );
    ensure(actions.join(' ') === 'list get', `x-kubernetes-action of list and get are "${actions.join(' ')}"`);
  },
};
