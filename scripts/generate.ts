import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schema } from 'joi';
import { configurationSchema } from '../crds/configuration.ts';
import { issueSpecSchema, issueStatusSchema } from '../crds/issue.ts';
import { reportSchema } from '../crds/report.ts';

/**
 * Writes what is derived from the Joi schemas of `crds/` into `crds/generated/`: the schema that editors check
 * `faultline.yaml` with, and those of a report and of an issue. `--check` writes nothing and fails when a file differs.
 */
const SCHEMA_BASE = 'https://faultline.dev/schemas';

function jsonSchema(name: string, title: string, schema: Schema): object {
  const body = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: `${SCHEMA_BASE}/${name}`, title, ...body };
}

/** File name → content of everything that is generated. */
export function generated(): Map<string, string> {
  const schemas: [string, string, Schema][] = [
    ['faultline.schema.json', 'FaultlineConfiguration', configurationSchema],
    ['report.schema.json', 'Report', reportSchema],
    ['issue-spec.schema.json', 'IssueSpec', issueSpecSchema],
    ['issue-status.schema.json', 'IssueStatus', issueStatusSchema],
  ];
  return new Map(
    schemas.map(([name, title, schema]) => [name, `${JSON.stringify(jsonSchema(name, title, schema), null, 2)}\n`]),
  );
}

/** Names of files whose content is not the generated one. */
export function outdated(folder: string): string[] {
  return [...generated()]
    .filter(([name, content]) => content !== readIfThere(join(folder, name)))
    .map(([name]) => name);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, '..', 'crds', 'generated');
  if (process.argv.includes('--check')) {
    const names = outdated(folder);
    if (names.length > 0) console.error(`crds/generated/{${names.join(',')}} is out of date: run npm run generate`);
    process.exitCode = names.length > 0 ? 1 : 0;
  } else {
    mkdirSync(folder, { recursive: true });
    for (const [name, content] of generated()) writeFileSync(join(folder, name), content);
  }
}
