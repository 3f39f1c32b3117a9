import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asInPod } from './pod.ts';

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

test.runIf(process.getuid?.() === 0)('a command finds its service account, and nobody else does', () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-sa-'));
  writeFileSync(join(folder, 'token'), 'secret');
  const { command, args } = asInPod(folder, 'cat', [TOKEN]);
  const before = existsSync(TOKEN);
  expect(execFileSync(command, args).toString()).toBe('secret');
  expect(existsSync(TOKEN)).toBe(before);
});
