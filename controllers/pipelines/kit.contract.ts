import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readOver } from '../../tests/recorded/read.ts';
import type { ControllerDefinition, Finding, ObjectLike, Observation, Undecided, Verdict } from '../index.ts';
import { type ClusterObject, isClusterObject } from '../runtime/object.ts';
import { isUndecided, observationsOf, reportOf } from '../runtime/observation.ts';
import { createStrip, type Strip } from '../runtime/strip.ts';

/** What the tests of every controller of deliveries share: looks as a cluster gives them, and objects of which nothing is certain. */

export const NOW = Date.UTC(2026, 5, 12, 12);

export interface Scene {
  /** Related objects. */
  readonly others?: readonly ObjectLike[];
  /** `with:` of faultline.yaml. */
  readonly options?: object;
  /** ms since 1970. Default: 2026-06-12T12:00Z. */
  readonly now?: number;
  /** The log of every container. Default: none can be had. */
  readonly log?: readonly string[];
  /** There was more of it. Default: false. */
  readonly logCut?: boolean;
}

type Definition = ControllerDefinition<ObjectLike, never>;

/** Looks through the eyes of the runtime: only declared fields arrive, and what is said must pass the API server's door. */
export async function verdictOf(controller: unknown, object: ObjectLike, scene: Scene = {}): Promise<Verdict> {
  const definition = controller as Definition;
  const strips = stripsOf(definition);
  const kept = (one: ObjectLike): ObjectLike =>
    (strips.get(one.kind)?.(one as ClusterObject) ?? one) as unknown as ObjectLike;
  return observe(definition, kept(object), { ...scene, others: (scene.others ?? []).map(kept) });
}

export async function looksAt(
  controller: unknown,
  object: ObjectLike,
  scene: Scene = {},
): Promise<readonly Observation[]> {
  const verdict = await verdictOf(controller, object, scene);
  if (isUndecided(verdict)) throw new Error(`expected an observation: ${JSON.stringify(verdict)}`);
  checked(controller as Definition, verdict);
  return observationsOf(verdict);
}

export async function lookAt(controller: unknown, object: ObjectLike, scene: Scene = {}): Promise<Observation> {
  const looks = await looksAt(controller, object, scene);
  expect(looks).toHaveLength(1);
  return looks[0] as Observation;
}

export async function findingOf(controller: unknown, object: ObjectLike, scene: Scene = {}): Promise<Finding> {
  const { findings } = await lookAt(controller, object, scene);
  expect(findings).toHaveLength(1);
  return findings[0] as Finding;
}

export async function undecidedOf(controller: unknown, object: ObjectLike, scene: Scene = {}): Promise<Undecided> {
  const verdict = await verdictOf(controller, object, scene);
  if (!isUndecided(verdict)) throw new Error(`expected no verdict: ${JSON.stringify(verdict)}`);
  return verdict;
}

/** `Component shop/payments build/pr/18`. */
export function where({ subject }: Observation): string {
  return `${subject.kind} ${subject.namespace}/${subject.name}${subject.aspect === undefined ? '' : ` ${subject.aspect}`}`;
}

/** Tests that a controller is total: over mutations of these objects, and of what it reads besides. */
export function describeHostile(controller: unknown, samples: readonly ObjectLike[], scene: Scene = {}): void {
  const definition = controller as Definition;
  const strips = stripsOf(definition);
  const kept = (one: ObjectLike): ObjectLike =>
    (strips.get(one.kind)?.(one as ClusterObject) ?? one) as unknown as ObjectLike;
  const others = scene.others ?? [];

  describe('objects of which nothing is certain', () => {
    test('never throw, and what is said about them is well-formed and the same each time', async () => {
      const sample = fc.constantFrom(...samples).chain((one) => mutations(one));
      const related = fc.tuple(...others.map((one) => fc.oneof(fc.constant(one), mutations(one))));
      await fc.assert(
        fc.asyncProperty(sample, related, async (object, besides) => {
          const read = { ...scene, others: besides.filter(isClusterObject).map(kept) };
          const verdict = await observe(definition, object, read);
          checked(definition, verdict);
          expect(await observe(definition, structuredClone(object), read)).toEqual(verdict);
        }),
        { numRuns: 600 },
      );
    });

    test('messages and annotations of a megabyte fit into one issue', async () => {
      const huge = '\u202e<\u001b[2J>ä{"[('.repeat(100_000);
      for (const object of samples) {
        for (const path of pathsOf(object).filter((one) => typeof valueAt(object, one) === 'string')) {
          if (/^(name|namespace|kind|apiVersion|uid)$/.test(String(path.at(-1)))) continue;
          const changed = mutated(object, [{ path, value: huge }]);
          checked(definition, await observe(definition, changed, scene));
        }
      }
    });
  });
}

function stripsOf(definition: Definition): Map<string, Strip> {
  const kinds = [...(definition.reads ?? []), definition.watches];
  return new Map(kinds.map(({ kind, fields = [] }) => [kind, createStrip([...fields])]));
}

async function observe(definition: Definition, object: ObjectLike, scene: Scene): Promise<Verdict> {
  const options = definition.options?.validate(scene.options ?? {}) ?? { value: {} };
  if ('error' in options && options.error) throw options.error;
  const read = readOver(object, scene.others ?? [], scene.now ?? NOW);
  const logs = async () => (scene.log === undefined ? undefined : { lines: scene.log, cut: scene.logCut ?? false });
  return definition.observe(object, { ...read, logs }, options.value as never);
}

/** What is said must become reports, and nothing in it may be executed by a terminal. */
function checked(definition: Definition, verdict: Verdict): void {
  if (isUndecided(verdict)) {
    expect(verdict.again ?? 0).toBeGreaterThanOrEqual(0);
    return;
  }
  const look = {
    source: 'test',
    order: definition.order,
    // Who is observed is checked before a plugin sees it.
    object: { apiVersion: 'v1', kind: 'Observed', metadata: { name: 'observed', namespace: 'shop', uid: 'u' } },
    epoch: 1,
    sequence: 1,
    detail: 0,
    clusterScopedNamespace: 'faultline-system',
    crossNamespaceText: definition.crossNamespaceText === true,
    live: true,
  };
  for (const observation of observationsOf(verdict)) {
    reportOf(observation, look);
    expect(observation.again ?? 1).toBeGreaterThan(0);
    for (const { title, description = '', links = [], remediation } of observation.findings) {
      expect(title.length).toBeLessThanOrEqual(200);
      expect(Buffer.byteLength(description)).toBeLessThanOrEqual(8_192);
      const shown = [title, description, remediation?.text ?? '', ...links.map((link) => link.title)].join(' ');
      expect(shown.replaceAll('\n', ' ')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    }
  }
}

/** Tests that nothing is invented: whatever else of a healthy object is broken, only what `decides` can make a finding. */
export function describeHealthy(controller: unknown, healthy: ObjectLike, decides: RegExp, scene: Scene = {}): void {
  const paths = pathsOf(healthy).filter((path) => !decides.test(path.join('.')));
  const change = fc.record({ path: fc.constantFrom(...paths), value: fc.oneof(nasty, fc.jsonValue()) });

  test('a healthy object of which anything but its verdict is broken is no issue', async () => {
    expect((await looksAt(controller, healthy, scene)).flatMap(({ findings }) => findings)).toEqual([]);
    const mutation = fc.array(change, { minLength: 1, maxLength: 6 }).map((changes) => mutated(healthy, changes));
    await fc.assert(
      fc.asyncProperty(mutation, async (object) => {
        const verdict = await observe(controller as Definition, object, scene);
        if (!isUndecided(verdict)) expect(observationsOf(verdict).flatMap(({ findings }) => findings)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
}

type Path = readonly (string | number)[];

const REMOVED = Symbol('removed');
const nasty = fc.constantFrom<unknown>(
  REMOVED, null, '', ' ', 0, -1, Number.MAX_VALUE, true, [], {}, [[]], [null], '\u0000', '\u202eevil\u001b[31m', '\ud800', 'a/b/c',
  'x'.repeat(100_000), '9999-12-31T23:59:59Z', '0000-00-00T00:00:00Z', '__proto__', 'constructor', '{namespace}', 'https://\u0000',
  'True', 'False', 'Unknown', '[]', '{}', '[{}]', '[null]', '{"pac":null}', '{"trusted_tasks":[1]}',
); // biome-ignore format: a list

function mutations(object: ObjectLike): fc.Arbitrary<ObjectLike> {
  const change = fc.record({ path: fc.constantFrom(...pathsOf(object)), value: fc.oneof(nasty, fc.jsonValue()) });
  return fc.array(change, { minLength: 1, maxLength: 5 }).map((changes) => mutated(object, changes));
}

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const below = Object.entries(value).flatMap(([key, part]) =>
    pathsOf(part, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return at.length === 0 ? below : [at, ...below];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((part, key) => (part as Record<string | number, unknown>)?.[key], value);
}

function mutated(object: unknown, changes: readonly { path: Path; value: unknown }[]): ObjectLike {
  const copy = structuredClone(object);
  for (const { path, value } of changes) {
    const parent = valueAt(copy, path.slice(0, -1));
    const last = path.at(-1);
    if (typeof parent !== 'object' || parent === null || last === undefined) continue;
    if (value === REMOVED) delete (parent as Record<string | number, unknown>)[last];
    else (parent as Record<string | number, unknown>)[last] = structuredClone(value);
  }
  return copy as ObjectLike;
}

/** Golden findings: what a controller says of every recorded object that it watches, one line each. */
export async function said(
  controller: ControllerDefinition<ObjectLike>,
  objects: readonly ObjectLike[],
  scene: Scene = {},
): Promise<string[]> {
  const watched = objects.filter(({ kind }) => kind === controller.watches.kind);
  const lines = await Promise.all(
    watched.map(async (object) => {
      const verdict = await verdictOf(controller, object, { ...scene, others: objects });
      const name = `${object.metadata.namespace}/${object.metadata.name}`;
      if (isUndecided(verdict)) return [`${name} undecided: ${verdict.undecided}${verdict.final ? ' (final)' : ''}`];
      checked(controller as unknown as Definition, verdict);
      return observationsOf(verdict).flatMap((look) => {
        const about = `${name} → ${where(look)}`;
        if (look.noVerdict !== undefined) return [`${about}: no verdict: ${look.noVerdict}`];
        if (look.findings.length === 0) return [`${about}: healthy`];
        return look.findings.map(
          ({ severity, reason, key, title, group, dueAt }) =>
            `${about}: ${severity} ${reason} [${key}] ${title}${group === undefined ? '' : ` {${group}}`}${dueAt === undefined ? '' : ` due ${dueAt}`}`,
        );
      });
    }),
  );
  return lines.flat();
}
