import type { Described } from '../cli/command.ts';
import { controllers } from '../cli/commands/controllers.ts';
import { server } from '../cli/commands/server.ts';
import { up } from '../cli/commands/up.ts';
import { variableOf } from '../cli/environment.ts';
import { configurationSchema } from '../crds/configuration.ts';
import { FEATURES, type Feature } from '../crds/features.ts';

/** docs/configuration.md: every place of faultline.yaml, every flag of a process with its variable, every feature. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

export async function configurationPage(): Promise<string> {
  const schema = configurationSchema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as Schema;
  const processes: readonly Described[] = [server, controllers, up];
  return `# Configuration

<!-- Written by \`npm run generate\`. -->

A flag is stronger than the environment, that than \`faultline.yaml\`, and that than the default. Whatever is wrong is told at once, all of it:
faults of the file with line and column and what was probably meant, faults of flags and variables by name. \`faultline config validate\`
does it beforehand, \`faultline config view\` shows what counts, \`faultline config docs issues.flapping\` what may be said at a place.

Secrets come from files: the URL of the database (\`databaseUrlFile\`), keys, tokens, the secrets of receivers (\`secretFile\`). None is ever a
flag, a variable or a value of the file, so none is in a process list, a ConfigMap or a log.

## faultline.yaml

\`--config\`, else \`$FAULTLINE_CONFIG\`, else \`./faultline.yaml\`, else what is built in. [An example](install.md#faultlineyaml). The lists
\`controllers\`, \`receivers\`, \`rules\` and \`resources\` have pages of their own: [controllers](controllers/README.md),
[receivers](receivers.md), [rules](write-a-rule.md), [resources](write-a-resource.md).

| place | default | meaning |
| --- | --- | --- |
${rowsOf(schema, '').join('\n')}

## Flags and variables of the processes

A variable is called as its flag, in capitals: \`--tls-cert-file\` is \`FAULTLINE_TLS_CERT_FILE\`. A flag without a value takes \`true\` or \`false\`,
one that may be given several times a list with commas. Variables that are nobody's are left alone: Kubernetes sets some of its own
for a Service called \`faultline\`.

${processes.map(processSection).join('\n\n')}

## Features

As in Kubernetes, what is new comes in stages, and may be switched by \`--feature-gates=IssueGroups=false\` or in the file
(\`featureGates: {IssueGroups: false}\`). **alpha** is off unless it is switched on, and may go without a word; **beta** is on unless it is
switched off, and stays for at least one more version; **ga** is on, and its switch will go. \`AllAlpha\` and \`AllBeta\` switch a whole
stage; a feature's own switch is stronger. \`faultline_feature_enabled{name, stage}\` says what a server runs with.

| feature | stage | since | |
| --- | --- | --- | --- |
${(Object.entries(FEATURES) as [string, Feature][]).map(([name, { stage, since, description }]) => `| \`${name}\` | ${stage} | ${since} | ${description} |`).join('\n')}
`;
}

/** What is configured in pages of its own. */
const ELSEWHERE = ['controllers', 'receivers', 'rules', 'resources', 'featureGates'];

function rowsOf({ properties = {} }: Schema, prefix: string): string[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const place = `${prefix}${name}`;
    const inside = property.properties ?? (ELSEWHERE.includes(place) ? undefined : property.items?.properties);
    if (inside && !ELSEWHERE.includes(place))
      return rowsOf({ properties: inside }, `${place}${property.items ? '[]' : ''}.`);
    const fallback = property.default === undefined ? '' : `\`${JSON.stringify(property.default)}\``;
    return [
      `| \`${place}\` | ${ELSEWHERE.includes(place) ? '' : fallback} | ${cell(property.description ?? wordsOf(property))} |`,
    ];
  });
}

function wordsOf({ enum: values }: Schema): string {
  return values === undefined ? '' : values.map((value) => `\`${String(value)}\``).join(', ');
}

function processSection({ name, flags }: Described): string {
  const rows = flags.map((flag) => {
    const { spelling, description, default: fallback, choices } = flag;
    const more = [
      ...(choices === undefined ? [] : [`One of ${choices.map((choice) => `\`${choice}\``).join(', ')}.`]),
      ...(fallback === undefined || fallback === false ? [] : [`Default: \`${String(fallback)}\`.`]),
    ];
    return `| \`${spelling.replaceAll('|', '\\|')}\` | \`${variableOf(flag)}\` | ${[cell(description), ...more].join(' ')} |`;
  });
  return [`### faultline ${name}`, '', '| flag | variable | |', '| --- | --- | --- |', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replace(/[<>]/g, '\\$&').replaceAll('|', '\\|').replace(/\s+/g, ' ');
}
