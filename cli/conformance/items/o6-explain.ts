import { ensure, type Item } from '../item.ts';
import { isOurKind, type OpenApiDocument, referencesIn, schemaOf, templatePath } from '../openapi.ts';

export const o6: Item = {
  number: 'O6',
  level: 'MUST',
  requirement: 'The OpenAPI document has the paths and a schema that kubectl explain finds by the kind.',
  breaks: 'kubectl explain: "couldn\'t find resource".',
  async check(subject) {
    const { target } = subject;
    const document = (await subject.document()) as OpenApiDocument;
    const collection = templatePath(target);
    for (const path of [collection, `${collection}/{name}`]) {
      const operation = document.paths?.[path]?.get;
      ensure(operation, `paths has no get of ${path}`);
      const kind = operation['x-kubernetes-group-version-kind'];
      ensure(isOurKind(kind, target), `get ${path} carries the kind ${JSON.stringify(kind)}`);
      const keys = Object.keys(kind ?? {})
        .sort()
        .join(' ');
      ensure(keys === 'group kind version', `the kind of get ${path} has the keys ${keys}`);
    }
    ensure(schemaOf(document, target), `no schema carries ${target.kind} in a list of kinds`);
    const schemas = document.components?.schemas ?? {};
    const lost = [...referencesIn(document)].filter((reference) => {
      const [, name] = /^#\/components\/schemas\/(.+)$/.exec(reference) ?? [];
      return name === undefined || !(name in schemas);
    });
    ensure(lost.length === 0, `references lead nowhere: ${lost.slice(0, 3).join(', ')}`);
  },
};
