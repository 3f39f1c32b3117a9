import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Schema } from 'joi';
import { configurationSchema } from '../crds/configuration.ts';
import { issueSpecSchema, issueStatusSchema } from '../crds/issue.ts';
import { reportSchema } from '../crds/report.ts';
import { apiPage } from './api-page.ts';
import { errorsPage } from './errors-page.ts';

/**
 * Writes what is derived: from the Joi schemas of `crds/` into `crds/generated/` the schema that editors check
 * `faultline.yaml` with, and those of a report and of an issue; from the table of errors `docs/errors.md`, from that
 * of operations `docs/api.md`. `--check`
 * writes nothing and fails when a file differs.
 */
const SCHEMA_BASE = 'https://faultline.dev/schemas';

function jsonSchema(name: string, title: string, schema: Schema): object {
  const body = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: `${SCHEMA_BASE}/${name}`, title, ...body };
}

/** Path in the repository → content of everything that is generated. */
export function generated(): Map<string, string> {
  const schemas: [string, string, Schema][] = [
    ['faultline.schema.json', 'FaultlineConfiguration', configurationSchema],
    ['report.schema.json', 'Report', reportSchema],
    ['issue-spec.schema.json', 'IssueSpec', issueSpecSchema],
    ['issue-status.schema.json', 'IssueStatus', issueStatusSchema],
  ];
  const contents = schemas.map(([name, title, schema]): [string, string] => [
    `crds/generated/${name}`,
    `${JSON.stringify(jsonSchema(name, title, schema), null, 2)}\n`,
  ]);
  return new Map([...contents, ['docs/errors.md', errorsPage()], ['docs/api.md', apiPage()]]);
}

/** Files below `root` whose content is not the generated one. */
export function outdated(root: string): string[] {
  return [...generated()].filter(([name, content]) => content !== readIfThere(join(root, name))).map(([name]) => name);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  if (process.argv.includes('--check')) {
    const names = outdated(root);
    if (names.length > 0) console.error(`${names.join(', ')}: out of date, run npm run generate`);
    process.exitCode = names.length > 0 ? 1 : 0;
  } else {
    for (const [name, content] of generated()) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content);
    }
  }
}
