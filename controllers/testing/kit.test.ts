import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Joi from 'joi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ControllerDefinition,
  defineController,
  defineTemplate,
  type ObjectLike,
  RetryAfter,
  TerminalError,
  undecided,
  type Verdict,
} from '../index.ts';
import { expectDeterministic, expectGolden, expectTotal, loadFixture, observeFixture } from './index.ts';

interface Lamp extends ObjectLike {
  spec?: { colour?: string; bulb?: string };
  status?: { phase?: string; since?: string };
}

const subjectOf = ({
  apiVersion,
  kind,
  metadata,
}: ObjectLike | { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } }) => ({
  ...{ apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name },
});
const findingOf = (title: string) => ({
  key: 'lamp',
  type: 'light',
  severity: 'minor' as const,
  reason: 'Dark',
  title,
});

const base = {
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'light.example.com/v1', kind: 'Lamp', fields: ['status.phase'] },
  reads: [{ apiVersion: 'light.example.com/v1', kind: 'Bulb', fields: ['status.broken'] }],
  order: 'state',
  onDelete: 'resolve',
} as const;
const controllerOf = (observe: ControllerDefinition<Lamp>['observe']) =>
  defineController<Lamp>({ ...base, observe: observe as never });

const lamp = (name: string, phase?: string, more: object = {}): ObjectLike =>
  ({
    ...{ apiVersion: 'light.example.com/v1', kind: 'Lamp', metadata: { name, namespace: 'hall', uid: `uid-${name}` } },
    ...{
      spec: { colour: 'red', bulb: 'b1' },
      ...(phase && { status: { phase, since: '2025-12-31T00:00:00Z' } }),
      ...more,
    },
  }) as ObjectLike;
const bulb = {
  apiVersion: 'light.example.com/v1',
  kind: 'Bulb',
  metadata: { name: 'b1', namespace: 'hall' },
  status: { broken: true, hours: 4 },
};

const good = controllerOf((object) =>
  object.status?.phase === undefined
    ? undecided('Unknown')
    : {
        subject: subjectOf(object),
        findings: object.status.phase === 'Dark' ? [findingOf(`${object.metadata.name} is dark`)] : [],
      },
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kit-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('observeFixture', () => {
  test('answers what would be sent of every watched object, and why nothing is', async () => {
    const looks = await observeFixture(good, [lamp('c'), lamp('b', 'Dark'), lamp('a', 'On'), bulb]);
    expect(looks).toMatchObject([
      {
        object: 'light.example.com/v1 Lamp hall/a',
        reports: [{ namespace: 'hall', body: { complete: true, findings: [] } }],
      },
      { object: 'light.example.com/v1 Lamp hall/b', reports: [{ body: { findings: [{ title: 'b is dark' }] } }] },
      { object: 'light.example.com/v1 Lamp hall/c', undecided: 'Unknown', reports: [] },
    ]);
  });

  test('shows nothing of an object but the declared fields, as the cache does', async () => {
    const seen: unknown[] = [];
    const spy = controllerOf(async (object, read) => {
      seen.push(object.spec, object.status, await read.get('Bulb', 'hall', 'b1'), Object.isFrozen(object));
      return undecided('Seen');
    });
    await observeFixture(spy, [lamp('a', 'On')], { related: [bulb] });
    expect(seen).toEqual([undefined, { phase: 'On' }, { ...bulb, status: { broken: true } }, true]);
  });

  test('refuses to read what is not declared, in the words of the runtime', async () => {
    const wrong = controllerOf(async (_, read) => {
      await read.get('Wire', 'hall', 'w');
      return undecided('Seen');
    });
    await expect(observeFixture(wrong, [lamp('a')])).rejects.toThrow(
      'read the kind Wire, which the plugin does not declare',
    );
    const log = controllerOf(async (_, read) =>
      (await read.logs('hall', 'p', 'c')) ? undecided('a') : undecided('b'),
    );
    await expect(observeFixture(log, [lamp('a')])).rejects.toThrow('add logs: true');
  });

  test('gives now, live, logs and validated options', async () => {
    const definition = defineController<Lamp, { limit: number }>({
      ...base,
      logs: true,
      options: Joi.object({ limit: Joi.number().default(7) }),
      async observe(_, read, { limit }) {
        const log = await read.logs('hall', 'pod', 'app');
        return undecided(`${read.now().toISOString()} ${read.live} ${log?.lines.join('|')} ${limit}`);
      },
    });
    const setup = { now: '2027-01-01T00:00:00Z', live: false, logs: () => 'one\ntwo\n' };
    const [look] = await observeFixture(definition, [lamp('a')], setup);
    expect(look?.undecided).toBe('2027-01-01T00:00:00.000Z false one|two 7');
    await expect(observeFixture(definition, [lamp('a')], { options: { limit: 'x', limits: 1 } })).rejects.toThrow(
      /controller\.with\.limit: .*\ncontroller\.with\.limits: /,
    );
  });

  test('says when it looks again, and that it never will', async () => {
    const looks = async (verdict: Verdict) =>
      (
        await observeFixture(
          controllerOf(() => verdict),
          [lamp('a')],
        )
      )[0];
    expect(await looks(undecided('Soon', { again: 5_000 }))).toMatchObject({ undecided: 'Soon', again: 5_000 });
    expect(await looks(undecided('Over', { final: true }))).toMatchObject({ undecided: 'Over', final: true });
    const subject = subjectOf(lamp('a'));
    const two = [
      { subject, findings: [], again: 9_000 },
      { subject: { ...subject, aspect: 'bulb' }, findings: [], again: 7_000 },
    ];
    expect(await looks(two)).toMatchObject({ again: 7_000, reports: [{}, { subject: { aspect: 'bulb' } }] });
  });

  test('takes a template, and says when nothing is watched and what is not accepted', async () => {
    const template = defineTemplate<{ kind: string }>({
      apiVersion: 'controller/v1',
      options: Joi.object({ kind: Joi.string().default('Lamp') }),
      create: ({ kind }) => ({ ...base, watches: { ...base.watches, kind }, observe: () => undecided('Made') }),
    });
    expect(await observeFixture(template, [lamp('a')])).toMatchObject([{ undecided: 'Made' }]);
    await expect(observeFixture(template, [bulb])).rejects.toThrow(
      'none of the 1 objects is a Lamp of light.example.com/v1',
    );
    const wrong = controllerOf((object) => ({
      subject: subjectOf(object),
      findings: [{ ...findingOf('x'), severity: 'bad' as never }],
    }));
    await expect(observeFixture(wrong, [lamp('a')])).rejects.toThrow('invalid observation');
  });
});

describe('loadFixture', () => {
  test('reads files and folders, and says what is wrong with them', async () => {
    await writeFile(join(folder, 'lamps.yaml'), `${JSON.stringify(lamp('a'))}\n---\n${JSON.stringify(lamp('b'))}\n`);
    expect(await loadFixture(folder)).toHaveLength(2);
    await writeFile(join(folder, 'no-object.yaml'), 'kind: Lamp\n');
    await expect(loadFixture(folder)).rejects.toThrow('1 documents have no apiVersion, kind and metadata.name');
    await rm(join(folder, 'no-object.yaml'));
  });
});

describe('expectGolden', () => {
  test('says how to write the file, accepts what it wrote, and shows the difference', async () => {
    const file = join(folder, 'deep', 'lamps.golden.yaml');
    const looks = await observeFixture(good, [lamp('a', 'Dark'), lamp('b')]);
    await expect(expectGolden(file, looks, { update: false })).rejects.toThrow(
      /There is no golden file .*UPDATE_GOLDEN=1/,
    );
    await expectGolden(file, looks, { update: true });
    expect(await readFile(file, 'utf8')).toContain('title: a is dark');
    await expectGolden(file, looks, { update: false });
    await writeFile(file, `# ours\n${await readFile(file, 'utf8')}`);
    await expectGolden(file, looks, { update: false });
    const other = await observeFixture(good, [lamp('a', 'On'), lamp('b')]);
    await expect(expectGolden(file, other, { update: false })).rejects.toMatchObject({
      message: expect.stringContaining('does not say what is in') as string,
      expected: expect.stringContaining('a is dark') as string,
    });
  });
});

describe('expectTotal', () => {
  test('passes what answers everything, and what refuses on purpose', async () => {
    expect(await expectTotal(good, [lamp('a', 'Dark')], { cases: 50 })).toBe(55);
    for (const error of [new TerminalError('no'), new RetryAfter(5)]) {
      await expectTotal(controllerOf(() => { throw error; }), [lamp('a', 'Dark')], { cases: 5 }); // biome-ignore format: short
    }
  });

  test('names what was missing, of which object, and the seed', async () => {
    const careless = controllerOf((object) => {
      const { status } = object as { status: { phase: string } };
      const dark = status.phase.startsWith('Dark');
      return { subject: subjectOf(object), findings: dark ? [findingOf('dark')] : [] };
    });
    await expect(expectTotal(careless, [lamp('a', 'Dark')])).rejects.toThrow(
      /Lamp hall\/a: .*undefined.*\nwhen status of Lamp a is missing \(seed 1\)/,
    );
  });

  test('finds what depends on a related object', async () => {
    const careless = controllerOf(async (object, read) => {
      const found = await read.get<ObjectLike & { status: { broken: boolean } }>('Bulb', 'hall', 'b1');
      return { subject: subjectOf(object), findings: found?.status.broken ? [findingOf('x')] : [] };
    });
    const failed = expectTotal(careless, [lamp('a', 'Dark')], { related: [bulb] });
    await expect(failed).rejects.toThrow(/when status of Bulb b1 is missing/);
  });

  test('finds an answer that the backend would refuse', async () => {
    const wrong = controllerOf((object) => ({
      ...{
        subject: subjectOf(object),
        findings: [{ ...findingOf('t'), reason: (object.status?.phase ?? 'None') as string }],
      },
    }));
    await expect(expectTotal(wrong, [lamp('a', 'Dark')])).rejects.toThrow('invalid observation');
  });

  test('tries the same list each time', async () => {
    const tried = async (seed: number): Promise<unknown[]> => {
      const seen: unknown[] = [];
      const spy = controllerOf((object) => undecided(`${seen.push(object.status)}`));
      await expectTotal(spy, [lamp('a', 'Dark')], { seed, cases: 40 });
      return seen;
    };
    expect(await tried(3)).toEqual(await tried(3));
    expect(await tried(3)).not.toEqual(await tried(4));
  });
});

describe('expectDeterministic', () => {
  test('passes a pure function', () => expectDeterministic(good, [lamp('a', 'Dark'), lamp('b')], { related: [bulb] }));

  test('finds a memory', async () => {
    let looks = 0;
    const remembers = controllerOf(() => undecided(`look ${looks++}`));
    await expect(expectDeterministic(remembers, [lamp('a')])).rejects.toThrow(
      'says something else at a second look (seed 1)',
    );
  });

  test('finds a memory that depends on who was seen before', async () => {
    const seen = new Set<string>();
    const counts = controllerOf(({ metadata }) => {
      seen.add(metadata.name);
      return undecided(`${seen.size}`);
    });
    await expect(expectDeterministic(counts, [lamp('a'), lamp('b')])).rejects.toThrow('says something else');
  });
});
