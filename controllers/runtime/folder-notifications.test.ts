import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FolderNotifications } from './folder-notifications.ts';
import { silentLogger } from './logger.ts';

let folder: string;
let told: PromiseWithResolvers<void>;
let notifications: FolderNotifications;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-notifications-'));
  await mkdir(join(folder, 'below'));
  await writeFile(join(folder, 'below', 'a.yaml'), '1');
  told = Promise.withResolvers();
  notifications = new FolderNotifications(folder, silentLogger, () => told.resolve());
  await notifications.refresh();
});
afterEach(async () => {
  notifications[Symbol.dispose]();
  await rm(folder, { recursive: true, force: true });
});

it('a file that is replaced by rename, as editors do, is told every time and not only the first', async () => {
  const draft = `${folder}-draft`;
  let times = 0;
  for (; times < 3; times++) {
    told = Promise.withResolvers();
    await writeFile(draft, String(times));
    await rename(draft, join(folder, 'below', 'a.yaml'));
    await told.promise;
  }
  expect(times).toBe(3);
});

it('a directory that is made later is watched after the next refresh', async () => {
  await mkdir(join(folder, 'new', 'deep'), { recursive: true });
  await notifications.refresh();
  told = Promise.withResolvers();
  await writeFile(join(folder, 'new', 'deep', 'b.yaml'), '1');
  await expect(told.promise).resolves.toBeUndefined();
});
