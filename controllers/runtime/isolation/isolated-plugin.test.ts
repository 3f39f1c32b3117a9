import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { settle } from '../../testing/manual-clock.ts';
import { createWorld, type World } from '../../testing/world.ts';
import { silentLogger } from '../logger.ts';
import type { ClusterObject } from '../object.ts';
import { failureOf } from '../observe.ts';
import { type Begun, IsolatedPlugin } from './isolated-plugin.ts';
import { podPlugin } from './pod-plugin.contract.ts';
import { errorFrom, thrownOf } from './protocol.ts';

const pod = (name: string, labels: Record<string, string> = {}): ClusterObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'ns', uid: name, labels },
  spec: { nodeName: 'n' },
});

let folder = '';
let files = 0;
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-isolation-'));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => rm(folder, { recursive: true }));

async function begin(text: string, given: Record<string, unknown> = {}, settings: { memoryMb?: number } = {}) {
  const file = join(folder, `plugin-${++files}.ts`);
  await writeFile(file, text);
  const lines: [fields: object, message: string][] = [];
  const say = (fields: object, message: string): void => void lines.push([fields, message]);
  // The clock of the world that follows: a plugin is begun before it is run.
  let world: World | undefined;
  const clock = {
    now: () => world?.clock.now() ?? Date.now(),
    after: (ms: number, callback: () => void) => (world === undefined ? () => {} : world.clock.after(ms, callback)),
  };
  const begun = await IsolatedPlugin.begin(
    { specifier: pathToFileURL(file).href, baseDir: folder, with: given, path: 'controllers[0]' },
    {
      controller: 'test',
      logger: { ...silentLogger, info: say, warn: say },
      clock,
      random: () => 1,
      ...settings,
    },
  );
  const { plugin } = begun;
  if (plugin !== undefined) cleanups.push(() => plugin[Symbol.asyncDispose]());
  const run = (objects: ClusterObject[], concurrency = 2): World => {
    if (plugin === undefined) throw new Error(JSON.stringify(begun));
    world = createWorld(plugin.definition, { objects, settings: { host: plugin, concurrency } });
    const { [Symbol.asyncDispose]: dispose } = world;
    cleanups.push(async () => dispose.call(world));
    return world;
  };
  return { begun, run, lines, file, plugin: plugin as IsolatedPlugin };
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never held');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const seen = (world: World): string[] => world.sink.reports.map(({ subject }) => subject.name).sort();
const faultsOf = (begun: Begun) => ('faults' in begun ? begun.faults : []);
const stopped = (world: World) => world.controller.status().conditions.find(({ type }) => type === 'PluginStopped');

describe('a plugin in a thread of its own', () => {
  it('sees frozen objects, reads from the caches of the main thread, and is looked at again when what it read changes', async () => {
    const { run } = await begin(
      podPlugin(`
        if (!Object.isFrozen(object.spec)) return broken('not frozen');
        const found = await read.get('ConfigMap', namespace, 'settings');
        const all = await read.list('ConfigMap', { namespace, labels: { app: 'x' } });
        if (found && !Object.isFrozen(found.data)) return broken('read is not frozen');
        const covers = [await read.covers('ConfigMap', namespace), await read.covers('Pod', namespace)];
        return found ? broken(found.data.text + all.length + covers + read.now().toISOString().slice(0, 10)) : healthy;`),
    );
    const world = run([pod('a')]);
    await until(() => seen(world).length === 1);
    expect(world.sink.reports[0]?.body).toEqual({ complete: true, findings: [] });
    world.source.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'ns', uid: 'c', labels: { app: 'x' } },
      data: { text: 'wrong' },
    });
    await until(() => world.sink.reports.length === 2);
    expect(world.sink.reports[1]?.body).toMatchObject({ findings: [{ title: 'wrong1true,false2026-11-21' }] });
    expect(stopped(world)).toMatchObject({ status: 'False' });
  });

  it('has an empty environment, no arguments and no way to what the process was started with', async () => {
    const { run } = await begin(
      podPlugin(
        `return broken(JSON.stringify([Object.keys(process.env), process.argv.slice(2), process.execArgv.length]));`,
      ),
    );
    const world = run([pod('a')]);
    await until(() => seen(world).length === 1);
    expect(world.sink.reports[0]?.body).toMatchObject({ findings: [{ title: '[[],[],1]' }] });
  });

  it('checks its options in the thread: faults come with their paths, defaults are filled in', async () => {
    const text = podPlugin('return broken(options.level + options.at.getTime());').replace(
      "order: 'state',",
      "order: 'state', options: Joi.object({ level: Joi.string().valid('low', 'high').default('low'), at: Joi.date().default(() => new Date(7)) }),",
    );
    const source = `import Joi from 'joi';\n${text}`;
    const { begun } = await begin(source, { level: 'odd', more: 1 });
    expect(faultsOf(begun)).toMatchObject([
      { path: 'controllers[0].with.level', value: 'odd', allowed: ['low', 'high'] },
      { path: 'controllers[0].with.more', value: 1 },
    ]);
    const { run } = await begin(source);
    const world = run([pod('a')]);
    await until(() => seen(world).length === 1);
    expect(world.sink.reports[0]?.body).toMatchObject({ findings: [{ title: 'low7' }] });
  });

  it.each([
    ['a module that throws', 'throw new Error("not today")', 'not today'],
    ['a syntax error', 'export default {', 'Unexpected'],
    ['no definition', 'export default 7', 'has no controller as its default export'],
    ['process.exit', 'process.exit(3)', 'exit code 3'],
    ['an error that nobody catches', 'setTimeout(() => { throw 7; }); await new Promise(() => {})', '7'],
    ['all memory', 'const all = []; for (;;) all.push(new Array(1e5).fill(0.5));', 'more than 32 MiB of heap'],
  ])('is refused with its cause when it is loaded: %s', async (_, text, cause) => {
    const { begun } = await begin(text, {}, { memoryMb: 32 });
    expect(faultsOf(begun)).toMatchObject([{ path: 'controllers[0].use', message: expect.stringContaining(cause) }]);
  });

  it('fails that look alone which throws or answers what is no verdict', async () => {
    const bad: Record<string, [text: string, cause: string]> = {
      number: ['throw 7;', '7'],
      nothing: ['throw undefined;', 'undefined'],
      function: ['return { ...broken("x"), extra: () => {} };', 'could not be cloned'],
      symbol: ['return { ...broken("x"), extra: Symbol("s") };', 'could not be cloned'],
      question: ['await read.get("ConfigMap", () => {}, "x"); return healthy;', 'could not be cloned'],
      undeclared: ['await read.list("Secret", { namespace }); return healthy;', 'does not declare'],
      nonsense: ['return 7;', 'expected an observation'],
    };
    const cases = Object.entries(bad).map(([kind, [text]]) => `if (labels.bad === '${kind}') { ${text} }`);
    const { run } = await begin(podPlugin(`${cases.join('\n')} return healthy;`));
    const world = run([]);
    for (const [kind, [, cause]] of Object.entries(bad)) {
      const one = pod(kind, { bad: kind });
      world.source.apply(one);
      await until(() => world.controller.status().counts.failed === 1);
      expect(world.controller.status().conditions[1]?.message).toMatch(new RegExp(`ns/${kind}: .*${cause}`));
      expect(stopped(world)).toMatchObject({ status: 'False' });
      world.source.delete(one);
      await until(() => world.controller.status().counts.failed === 0);
    }
    world.source.apply(pod('good'));
    await until(() => seen(world).includes('good'));
  });

  it('keeps what was thrown apart: never again, later, with backoff', async () => {
    const { run } = await begin(
      podPlugin(`
        if (name === 'never') throw new TerminalError('never');
        if (name === 'later') throw new RetryAfter(60_000);
        return undecided('No', { final: true });`),
    );
    const world = run([pod('never'), pod('later'), pod('undecided')]);
    const counts = () => world.controller.status().counts;
    await until(() => counts().failed === 2 && counts().settledUndecided === 1);
    expect(counts()).toMatchObject({ errors: 1 });
  });
});

it('what was thrown is told apart on the other side as on this one', () => {
  const through = (error: unknown) => failureOf(errorFrom(thrownOf(error)));
  const hostile = Object.defineProperty({}, 'name', {
    get() {
      throw new Error('never mind');
    },
  });
  expect(through(new TypeError('x'))).toEqual({ kind: 'retry', message: 'x', panic: true });
  expect(through(new Error('x'))).toEqual({ kind: 'retry', message: 'x', panic: false });
  expect(through(7)).toEqual({ kind: 'retry', message: '7', panic: true });
  expect(through(hostile)).toMatchObject({ kind: 'retry' });
});

describe('a plugin that stops', () => {
  it('starts again with backoff, whatever stopped it, and says what and why', async () => {
    const bad: readonly [reason: 'Exited' | 'UncaughtError' | 'OutOfMemory', text: string, cause: string][] = [
      ['Exited', 'process.exit(3);', 'exit code 3'],
      ['UncaughtError', 'setTimeout(() => { throw "text"; }); await never;', 'text'],
      ['UncaughtError', 'Promise.reject(null); await never;', 'null'],
      ['UncaughtError', 'parentPort.postMessage(7); await never;', 'what is no message'],
      ['OutOfMemory', 'const all = []; for (;;) all.push(new Array(1e5).fill(0.5));', 'more than 32 MiB of heap'],
      ['OutOfMemory', 'globalThis.all = Buffer.alloc(48 * 1048576, 1); await never;', 'more than 32 MiB in buffers'],
    ];
    const cases = bad.map(([, text], index) => `if (labels.bad === '${index}') { ${text} }`);
    const head = `import { parentPort } from 'node:worker_threads';\nconst never = new Promise(() => {});`;
    const { run, lines, plugin } = await begin(
      podPlugin(`${cases.join('\n')} return healthy;`, head),
      {},
      { memoryMb: 32 },
    );
    const world = run([pod('before')]);
    await until(() => seen(world).includes('before'));
    for (const [index, [reason, , cause]] of bad.entries()) {
      const one = pod(`bad-${index}`, { bad: String(index) });
      world.source.apply(one);
      await until(() => {
        // The time in which its memory is looked at.
        if (cause.endsWith('buffers')) void world.clock.advance(100);
        return !plugin.health().running;
      });
      expect(stopped(world)).toMatchObject({ status: 'True', reason });
      expect(stopped(world)?.message).toContain(cause);
      expect(stopped(world)?.message).toContain(`while it looked at ns/bad-${index}; it starts again in`);
      world.source.delete(one);
      await settle(20);
      await world.clock.advance(1_000 * 2 ** index);
      await until(() => plugin.health().running);
    }
    expect(plugin.health()).toMatchObject({ ends: { Exited: 1, UncaughtError: 3, OutOfMemory: 2 }, parked: [] });
    expect(lines.map(([fields]) => fields).filter((fields) => 'restartInMs' in fields)).toMatchObject(
      [1_000, 2_000, 4_000, 8_000, 16_000, 32_000].map((restartInMs) => ({ controller: 'test', restartInMs })),
    );
    world.source.apply(pod('after'));
    await until(() => seen(world).includes('after'));
  });

  it('starts again as it was, though its files were broken or removed since', async () => {
    const words = join(folder, 'words.ts');
    await writeFile(words, 'export const word: string = "as it was";');
    const text = podPlugin(
      'if (labels.bad) process.exit(1); return broken(word);',
      "import { word } from './words.ts';",
    );
    const { run, plugin, file } = await begin(text);
    await rm(words);
    await writeFile(file, 'export default {{');
    const world = run([pod('bad', { bad: 'yes' })]);
    await until(() => plugin.health().ends.Exited === 1);
    world.source.delete(pod('bad'));
    await settle(20);
    await world.clock.advance(1_000);
    await until(() => plugin.health().running);
    world.source.apply(pod('good'));
    await until(() => seen(world).includes('good'));
    expect(world.sink.reports[0]?.body).toMatchObject({ findings: [{ title: 'as it was' }] });
  });

  it('parks the object that stops it three times, so that the others are looked at', async () => {
    const { run, lines, plugin } = await begin(podPlugin(`if (labels.bad) for (;;); return healthy;`));
    const bad = pod('bad', { bad: 'yes' });
    const world = run([bad, pod('good'), pod('other')]);
    let kills = 0;
    for (; plugin.health().parked.length === 0; kills++) {
      await until(() => {
        void world.clock.advance(25);
        return plugin.health().ends.TimedOut > kills;
      });
      await settle(20);
      await world.clock.advance(1_000 * 2 ** kills);
      await until(() => plugin.health().running);
    }
    // The first time two were under way, so nobody was guilty; a slow machine may be late once more.
    expect([3, 4, 5, 6]).toContain(kills);
    await until(() => seen(world).length === 2);
    expect(seen(world)).toEqual(['good', 'other']);
    expect(plugin.health().parked).toEqual(['ns/bad']);
    expect(stopped(world)?.message).toContain('not looked at, because each stopped the plugin 3 times: ns/bad');
    expect(lines.filter(([, message]) => message.startsWith('the plugin was stopped'))).toHaveLength(kills);
    expect(world.controller.status().counts).toMatchObject({ failed: 1, decided: 2 });
    world.source.delete(bad);
    await until(() => plugin.health().parked.length === 0);
  });

  it('looks at suspects one by one, however many wait: the guilty one is parked, its neighbours are decided', async () => {
    const { run, plugin } = await begin(podPlugin(`if (labels.bad) for (;;); return healthy;`));
    const world = run([pod('bad', { bad: 'yes' }), pod('b'), pod('c'), pod('d')], 4);
    for (let kills = 0; plugin.health().parked.length === 0 && kills < 8; kills++) {
      await until(() => {
        void world.clock.advance(25);
        return plugin.health().ends.TimedOut > kills;
      });
      await settle(20);
      await world.clock.advance(1_000 * 2 ** kills);
      await until(() => plugin.health().running);
    }
    expect(plugin.health().parked).toEqual(['ns/bad']);
    await until(() => seen(world).length === 3);
    expect(seen(world)).toEqual(['b', 'c', 'd']);
  });
});
