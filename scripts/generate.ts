import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Schema } from 'joi';
import { stringify } from 'yaml';
import { configurationSchema } from '../crds/configuration.ts';
import { issueSpecSchema, issueStatusSchema } from '../crds/issue.ts';
import { RULE_KINDS } from '../crds/issue-rule.ts';
import { receiverDefinition } from '../crds/receiver-definitions.ts';
import { reportSchema } from '../crds/report.ts';
import { ruleDefinition } from '../crds/rule-definitions.ts';
import type { ReceiverKind } from '../crds/webhook-receiver.ts';
import { apiPage } from './api-page.ts';
import { chartTemplates } from './chart-templates.ts';
import { cliPage } from './cli-page.ts';
import { configurationPage } from './configuration-page.ts';
import { controllerPages } from './controller-pages.ts';
import { errorsPage } from './errors-page.ts';
import { monitoringFiles } from './monitoring.ts';
import { rolesPage } from './roles-page.ts';
import { readmeWithFrames } from './ui-frames.ts';

/**
 * Writes what is derived: from the Joi schemas of `crds/` into `crds/generated/` the schema that editors check
 * `faultline.yaml` with, and those of a report and of an issue; from the table of errors `docs/errors.md`, from that
 * of operations `docs/api.md`, from the commands `docs/cli.md`; from the definitions of the built-in controllers `docs/controllers/`;
 * of `manifests/base` the templates of the chart that only repeat it; from the rules of Prometheus what its operator takes, and
 * the dashboard. `--check`
 * of operations `docs/api.md`, from the commands `docs/cli.md`; what the terminal UI draws into `README.md`; from the definitions of the built-in controllers `docs/controllers/`;
 * of `manifests/base` the templates of the chart that only repeat it. `--check`
 * writes nothing and fails when a file differs.
 */
const ROOT = join(import.meta.dirname, '..');
const SCHEMA_BASE = 'https://faultline.dev/schemas';

function jsonSchema(name: string, title: string, schema: Schema): object {
  const body = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: `${SCHEMA_BASE}/${name}`, title, ...body };
}

/** Path in the repository → content of everything that is generated. */
async function generated(root: string): Promise<Map<string, string>> {
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
  const pages: [string, string][] = [
    ['docs/errors.md', errorsPage()],
    ['docs/api.md', apiPage()],
    ['docs/cli.md', await cliPage()],
    ['docs/roles.md', rolesPage(ROOT)],
    ['docs/configuration.md', await configurationPage()],
    ...(await controllerPages(root)),
    ...(await readmeWithFrames(root)),
  ];
  const resources = customResources();
  const definitions = resources.filter(([name]) => !name.endsWith('kustomization.yaml')).map(([, text]) => text);
  const monitoring = monitoringFiles();
  const templates = chartTemplates(root, { definitions, monitoring: new Map(monitoring) });
  const derived = [...templates, ...monitoring];
  return new Map([...contents, ...resources, ...derived, ...pages]);
}

/** What `kubectl apply -k` installs besides the server. */
function customResources(): [string, string][] {
  const kinds: ReceiverKind[] = ['WebhookReceiver', 'ClusterWebhookReceiver'];
  const head = '# Written by npm run generate.\n';
  const made = new Map<string, object>([
    ...kinds.map((kind) => [kind, receiverDefinition(kind)] as const),
    ...RULE_KINDS.map((kind) => [kind, ruleDefinition(kind)] as const),
  ]);
  const files = [...made.keys()].map((kind) => `config.faultline.dev_${kind.toLowerCase()}s.yaml`);
  const definitions = [...made.values()].map((definition, index): [string, string] => [
    `crds/generated/${files[index]}`,
    `${head}${stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false })}`,
  ]);
  const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: files };
  return [...definitions, ['crds/generated/kustomization.yaml', `${head}${stringify(kustomization)}`]];
}

/** Files below `root` whose content is not the generated one. */
export async function outdated(root: string): Promise<string[]> {
  return [...(await generated(root))]
    .filter(([name, content]) => content !== readIfThere(join(root, name)))
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
  const root = join(import.meta.dirname, '..');
  if (process.argv.includes('--check')) {
    const names = await outdated(root);
    if (names.length > 0) console.error(`${names.join(', ')}: out of date, run npm run generate`);
    process.exitCode = names.length > 0 ? 1 : 0;
  } else {
    for (const [name, content] of await generated(root)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content);
    }
  }
}
