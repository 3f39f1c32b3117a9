import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rolesPage } from './roles-page.ts';

/**
 * What a release says: what changed, what each role may do now, and the digests of its files, signed, so that who installs
 * it can tell that the rights are those that were reviewed.
 *
 *   node scripts/release-notes.ts --out notes.md --key ed25519.pem faultline-0.1.0.tgz
 *   node scripts/release-notes.ts --verify notes.md --public ed25519.pub.pem
 */
const ROOT = join(import.meta.dirname, '..');

export function releaseNotes(root: string, files: readonly string[]): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const roles = rolesPage(root)
    .replace(/^# Roles\n/, '')
    .replace(/^<!--.*-->\n/m, '')
    .replace(/^## /gm, '### ')
    .trim();
  const digests = files.map(
    (file) => `${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${file.replace(/^.*\//, '')}`,
  );
  return [
    `# Faultline ${version}`,
    '## What changed',
    newest(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')),
    '## What each role may do',
    roles,
    ...(digests.length === 0 ? [] : ['## SHA-256', `\`\`\`\n${digests.join('\n')}\n\`\`\``]),
    '',
  ].join('\n\n');
}

/** The first part of a changelog. */
function newest(changelog: string): string {
  const [, , first = ''] = changelog.split(/^## (.*)$/m);
  return first.trim();
}

/** Ed25519, base64. `key`: PEM. */
export function signed(text: string, key: string): string {
  return `${sign(null, Buffer.from(text), createPrivateKey(key)).toString('base64')}\n`;
}

/** `key`: the public one, PEM. */
export function isSigned(text: string, signature: string, key: string): boolean {
  return verify(null, Buffer.from(text), createPublicKey(key), Buffer.from(signature, 'base64'));
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      key: { type: 'string' },
      verify: { type: 'string' },
      public: { type: 'string' },
    },
  });
  if (values.verify !== undefined && values.public !== undefined) {
    const [text, signature, key] = [values.verify, `${values.verify}.sig`, values.public].map((file) =>
      readFileSync(file, 'utf8'),
    );
    const good = isSigned(text ?? '', signature ?? '', key ?? '');
    console.log(good ? 'the signature is good' : 'the signature is NOT of this text and this key');
    return good ? 0 : 1;
  }
  if (values.out === undefined || values.key === undefined) {
    console.error('usage: --out NOTES --key PRIVATE.pem [files…] | --verify NOTES --public PUBLIC.pem');
    return 2;
  }
  const notes = releaseNotes(ROOT, positionals);
  writeFileSync(values.out, notes);
  writeFileSync(`${values.out}.sig`, signed(notes, readFileSync(values.key, 'utf8')));
  return 0;
}

if (import.meta.main) process.exitCode = main();
