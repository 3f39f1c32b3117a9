import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments, parse as parseYaml } from 'yaml';
import { NewerSchema } from '../../apiserver/store/errors.ts';
import { commands } from '../commands/index.ts';
import { planText, statusLine } from './run-migrate.ts';

/** docs/upgrade.md, docs/backup.md and docs/certificates.md: what they show is what there is. The e2e tests run it. */
const root = join(import.meta.dirname, '..', '..');
const page = (name: string): string => readFileSync(join(root, 'docs', `${name}.md`), 'utf8');
const pages = ['upgrade', 'backup', 'certificates'] as const;

describe('the commands that the pages show', () => {
  const lines = pages.flatMap((name) =>
    [...page(name).matchAll(/^(?:\$ )?faultline (\S+)(.*)$/gm)].map(([line, command, rest]) => ({
      line,
      command,
      rest,
    })),
  );

  it('are many', () => expect(lines.length).toBeGreaterThan(5));

  it.each(lines)('exist, with their flags: $line', async ({ command, rest }) => {
    const found = commands.find(({ name }) => name === command);
    expect(found).toBeDefined();
    const { flags = [] } = (await found?.load()) ?? {};
    const spelled = flags.flatMap(({ spelling }) => spelling.match(/--[a-z-]+/g) ?? []);
    for (const flag of rest?.match(/--[a-z-]+/g) ?? []) expect(spelled).toContain(flag);
  });
});

it('docs/upgrade.md shows what status and plan print of a database that is up to date', () => {
  const shown = { stored: 9, known: 9, pending: [] };
  expect(page('upgrade')).toContain(`migrate status --database-url-file /run/secrets/db\n${statusLine(shown)}\n`);
  expect(page('upgrade')).toContain(`migrate plan --database-url-file /run/secrets/db\n${planText(shown)}`);
});

it('the pages show refusals in their words', () => {
  expect(page('upgrade')).toContain(`error: ${new NewerSchema(10, 9).message}`);
  const sources = ['restore', 'backup-format'].map((name) =>
    readFileSync(join(root, 'apiserver', 'store', `${name}.ts`), 'utf8'),
  );
  for (const words of ['servers are connected to this database', 'the backup ends too early', 'rows are missing']) {
    expect(page('backup')).toContain(words);
    expect(sources.join()).toContain(words);
  }
  expect(page('backup')).toContain(new NewerSchema(10, 9, 'backup').message.replace(/: restore.*/, ''));
});

it('docs/certificates.md names the rights that the manifests give', () => {
  const [, shown = ''] = /```yaml\n(- \{apiGroups[\s\S]*?)```/.exec(page('certificates')) ?? [];
  const text = readFileSync(join(root, 'manifests/components/managed-certificates/rbac.yaml'), 'utf8');
  const given = parseAllDocuments(text).flatMap((document) => (document.toJS() as { rules?: object[] }).rules ?? []);
  expect(parseYaml(shown)).toEqual(given);
});
