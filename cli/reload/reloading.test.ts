import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoadedController, Plugins } from '../../controllers/runtime/index.ts';
import { silentLogger } from '../../controllers/runtime/index.ts';
import { ManualClock } from '../../controllers/testing/manual-clock.ts';
import type { Configured } from '../configuration/controllers.ts';
import { Reloading } from './reloading.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-reloading-'));
});
afterEach(() => rm(folder, { recursive: true }));

const definition = {} as LoadedController['definition'];
const configured = (...names: string[]): Configured =>
  ({
    configuration: { namespaces: ['*'] },
    controllers: names.map((name) => ({ name, definition })),
  }) as unknown as Configured;

function setup(file: string, first = configured('one')) {
  const clock = new ManualClock();
  const world = { next: first as Configured | Error, applied: [] as string[][], loads: 0, faults: [] as unknown[] };
  const retained: string[][] = [];
  const lines: [string, object][] = [];
  const say = (fields: object, message: string): void => void lines.push([message, fields]);
  const registry = new Registry();
  const reloading = new Reloading({
    configured: first,
    async load() {
      world.loads++;
      if (world.next instanceof Error) throw world.next;
      return world.next;
    },
    apply: async ({ controllers }) => void world.applied.push(controllers.map(({ name }) => name)),
    onFault: (message) => world.faults.push(message),
    file,
    plugins: {
      files: async () => [],
      retain: async (controllers: readonly LoadedController[]) =>
        void retained.push(controllers.map(({ name }) => name)),
    } as unknown as Plugins,
    log: { ...silentLogger, info: say, warn: say, error: say },
    registry,
    clock,
  });
  reloading.start();
  const pass = async (): Promise<void> => {
    // Looks at the files are real.
    for (let times = 0; times < 6; times++) {
      await clock.advance(300);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const successful = async () =>
    (await registry.getSingleMetric('faultline_config_last_reload_successful')?.get())?.values[0]?.value;
  return { world, retained, lines, pass, successful, clock, reloading };
}

describe('following a configuration', () => {
  it('applies an edit, keeps what ran when it is broken and says why once, and tells when it is repaired', async () => {
    const file = join(folder, 'faultline.yaml');
    await writeFile(file, 'a');
    const { world, lines, pass, successful, retained, reloading } = setup(file);
    await pass();
    expect(world).toMatchObject({ loads: 1, applied: [['one']] });
    expect(lines).toEqual([]);

    world.next = configured('one', 'two');
    await pass();
    expect(world.loads).toBe(1);
    await writeFile(file, 'ab');
    await pass();
    expect(world.applied.at(-1)).toEqual(['one', 'two']);
    expect(lines).toEqual([['the configuration was applied', { file, added: ['two'], changed: [], removed: [] }]]);

    world.next = new Error('faultline.yaml:3:5: wrong');
    for (const text of ['abc', 'abcd']) {
      await writeFile(file, text);
      await pass();
    }
    expect(await successful()).toBe(0);
    expect(world.faults.at(-1)).toBe('faultline.yaml:3:5: wrong');
    expect(world.applied).toHaveLength(2);
    expect(retained.at(-1)).toEqual(['one', 'two']);
    expect(lines.slice(1)).toEqual([
      ['the edit is not applied: what ran before goes on', { file, faults: 'faultline.yaml:3:5: wrong' }],
    ]);

    world.next = configured('one', 'two');
    await writeFile(file, 'abcde');
    await pass();
    expect([await successful(), world.faults.at(-1)]).toEqual([1, undefined]);
    expect(lines.at(-1)?.[0]).toBe('the configuration is again what runs');
    await reloading[Symbol.asyncDispose]();
  });

  it('sees a mounted ConfigMap change, whose folder is swapped behind a link', async () => {
    const version = async (name: string): Promise<void> => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'faultline.yaml'), 'the same');
      await symlink(name, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await version('..2026_01');
    await symlink('..data/faultline.yaml', join(folder, 'faultline.yaml'));
    const { world, pass, reloading } = setup(join(folder, 'faultline.yaml'));
    await pass();
    world.next = configured();
    await version('..2026_02');
    await rm(join(folder, '..2026_01'), { recursive: true });
    await pass();
    expect(world.applied.at(-1)).toEqual([]);
    await reloading[Symbol.asyncDispose]();
  });

  it('takes a file that is gone for a mistake, and not for the default', async () => {
    const file = join(folder, 'faultline.yaml');
    await writeFile(file, 'a');
    const { world, pass, reloading } = setup(file, { ...configured('one'), file: 'faultline.yaml' });
    await pass();
    world.next = configured('default');
    await rm(file);
    await pass();
    expect(world.faults.at(-1)).toBe(`${file} is gone`);
    expect(world.applied).toEqual([['one']]);
    await reloading[Symbol.asyncDispose]();
  });

  it('says what of an edit needs a restart', async () => {
    const file = join(folder, 'faultline.yaml');
    const { world, lines, pass, reloading } = setup(file);
    world.next = {
      ...configured('one'),
      configuration: { namespaces: ['*'], server: {}, issues: {} },
    } as unknown as Configured;
    await writeFile(file, 'now there is one');
    await pass();
    expect(lines.at(-1)).toEqual(['some of it needs a restart', { file, restart: ['server', 'issues'] }]);
    await reloading[Symbol.asyncDispose]();
  });
});
