import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isSigned, releaseNotes, signed } from './release-notes.ts';

function keys() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

test('the notes say what changed, what each role may do, and the digest of each file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'faultline-notes-'));
  try {
    writeFileSync(join(directory, 'faultline.tgz'), 'abc');
    const notes = releaseNotes(join(import.meta.dirname, '..'), [join(directory, 'faultline.tgz')]);
    expect(notes).toMatch(/^# Faultline \d+\.\d+\.\d+\n\n## What changed\n\nThe first slice/);
    expect(notes).toContain('## What each role may do');
    expect(notes).toMatch(/### faultline-view\n\n.*whoever has `view`/);
    expect(notes).toContain('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  faultline.tgz');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a signature holds for this text and this key alone', () => {
  const { publicKey, privateKey } = keys();
  const other = keys();
  const signature = signed('rights', privateKey);
  expect(isSigned('rights', signature, publicKey)).toBe(true);
  expect(isSigned('more rights', signature, publicKey)).toBe(false);
  expect(isSigned('rights', signature, other.publicKey)).toBe(false);
});
