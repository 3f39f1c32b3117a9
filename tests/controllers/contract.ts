import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ControllerDefinition, ObjectLike, Observation, Verdict } from '../../controllers/index.ts';
import { entryOf } from '../../controllers/runtime/catalogue.ts';
import { type ClusterObject, isClusterObject } from '../../controllers/runtime/object.ts';
import { isUndecided, observationsOf, reportOf } from '../../controllers/runtime/observation.ts';
import { createStrip } from '../../controllers/runtime/strip.ts';
import { readOver } from '../recorded/read.ts';

/** A controller with its options, as the loader makes it of `with:`. */
export interface Subject {
  readonly definition: ControllerDefinition;
  readonly options: unknown;
  /** When it looks, ms. */
  readonly now: number;
  /** As of a cluster; false: as of a recording. Default true. */
  readonly live?: boolean;
}

export const NOW = Date.UTC(2026, 10, 21);

export function subjectOf<T extends ObjectLike, O>(
  definition: ControllerDefinition<T, O>,
  given: object = {},
  now = NOW,
): Subject {
  const { error, value } = definition.options?.validate(given) ?? { value: {} };
  if (error) throw error;
  return { definition: definition as unknown as ControllerDefinition, options: value, now };
}

/** What it says of every object that it watches, by name: `healthy`, why it says nothing, or a line a finding. */
export async function verdicts(subject: Subject, objects: readonly ObjectLike[]): Promise<Record<string, unknown>> {
  const kept = stripped(subject.definition, objects);
  const watched = kept.filter(({ kind }) => kind === subject.definition.watches.kind);
  const said = await Promise.all(
    watched.map(async (object) => [nameOf(object), words(await observed(subject, object, kept))] as const),
  );
  return Object.fromEntries(said);
}

/** What is kept of the objects: nothing but declared fields arrives in a cluster. */
export function stripped(definition: ControllerDefinition, objects: readonly ObjectLike[]): ObjectLike[] {
  const kinds = [definition.watches, ...(definition.reads ?? [])];
  const strips = new Map(kinds.map(({ kind, fields = [] }) => [kind, createStrip([...fields])]));
  return objects.flatMap((object) => (isClusterObject(object) ? (strips.get(object.kind)?.(object) ?? []) : []));
}

export async function observed(
  { definition, options, now, live }: Subject,
  object: ObjectLike,
  objects: readonly ObjectLike[],
): Promise<Verdict> {
  return definition.observe(object, readOver(object, objects, now, live), options);
}

function words(verdict: Verdict): unknown {
  if (isUndecided(verdict)) return `undecided: ${verdict.undecided}`;
  const [observation] = observationsOf(verdict);
  const again = observation?.again === undefined ? '' : `, again in ${Math.ceil(observation.again / 1_000)} s`;
  const lines = observation?.findings.map(
    ({ severity, reason, key, title }) => `${severity} ${reason} (${key}): ${title}`,
  );
  if (lines === undefined || lines.length === 0) return `healthy${again}`;
  return lines.length === 1 ? lines[0] : lines;
}

/** What the runtime makes of it: throws where it would be refused. */
export function reports(subject: Subject, object: ObjectLike, verdict: Verdict): void {
  if (isUndecided(verdict)) return;
  const { order } = subject.definition;
  for (const observation of observationsOf(verdict)) {
    reportOf(observation as Observation, {
      ...{ source: 's', order, object: object as ClusterObject, epoch: 1, sequence: 1, detail: 0, live: true },
      ...{ clusterScopedNamespace: 'faultline-system', crossNamespaceText: false },
    });
  }
}

/**
 * What holds for every built-in controller, over its recorded objects: the catalogue knows what it says, and whatever an
 * object lacks or holds instead, it answers, well-formed and the same each time.
 */
export function controllerContract(subject: Subject, recorded: readonly ObjectLike[]): void {
  const { definition } = subject;
  const isWatched = ({ kind }: ObjectLike): boolean => kind === definition.watches.kind;

  describe('the contract of controllers', () => {
    test('every finding is in the catalogue, and every report would be accepted', async () => {
      const kept = stripped(definition, recorded);
      for (const object of kept.filter(isWatched)) {
        const verdict = await observed(subject, object, kept);
        reports(subject, object, verdict);
        if (isUndecided(verdict)) continue;
        for (const finding of observationsOf(verdict).flatMap(({ findings }) => findings)) {
          expect(entryOf(definition.documentation?.findings ?? [], finding), finding.reason).toBeDefined();
        }
      }
    });

    test('objects of which nothing is certain are answered, and each time the same', async () => {
      await fc.assert(
        fc.asyncProperty(mutations(recorded), async (objects) => {
          const kept = stripped(definition, objects);
          for (const object of kept.filter(isWatched)) {
            const verdict = await observed(subject, object, kept);
            reports(subject, object, verdict);
            expect(await observed(subject, structuredClone(object), structuredClone(kept))).toEqual(verdict);
          }
        }),
        { numRuns: 100 },
      );
    });
  });
}

type Path = readonly (string | number)[];

const REMOVED = Symbol('removed');
const nasty = fc.constantFrom<unknown>(
  REMOVED, null, '', ' ', 0, -1, 0.5, Number.MAX_VALUE, true, [], {}, [[]], [null], [{}], '\u0000', '\u202eevil\u001b[31m', '\ud800',
  'a/b/c', 'x'.repeat(100_000), '9999-12-31T23:59:59Z', '0000-00-00T00:00:00Z', '1970-01-01T00:00:00Z', '__proto__', 'constructor',
); // biome-ignore format: a list

/** What the API server vouches for. */
const IDENTITY = new Set(['apiVersion', 'kind', 'metadata', 'metadata.name', 'metadata.namespace', 'metadata.uid']);

/** The recorded objects with 1 to 6 changes somewhere, but for what identifies them. */
function mutations(recorded: readonly ObjectLike[]): fc.Arbitrary<ObjectLike[]> {
  const paths = recorded.flatMap((object, index) => pathsOf(object).map((path): Path => [index, ...path]));
  const changeable = paths.filter(([, ...path]) => !IDENTITY.has(path.join('.')));
  const change = fc.record({ path: fc.constantFrom(...changeable), value: fc.oneof(nasty, fc.jsonValue()) });
  return fc.array(change, { minLength: 1, maxLength: 6 }).map((changes) => mutated(recorded, changes));
}

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const below = Object.entries(value).flatMap(([key, part]) =>
    pathsOf(part, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return at.length === 0 ? below : [at, ...below];
}

function mutated(recorded: readonly ObjectLike[], changes: readonly { path: Path; value: unknown }[]): ObjectLike[] {
  const copy = structuredClone(recorded) as ObjectLike[];
  for (const { path, value } of changes) {
    let parent = copy as unknown as Record<string | number, unknown> | undefined;
    for (const key of path.slice(0, -1)) {
      const next = parent?.[key];
      parent = typeof next === 'object' && next !== null ? (next as Record<string | number, unknown>) : undefined;
    }
    const last = path.at(-1);
    if (parent === undefined || last === undefined) continue;
    if (value === REMOVED) delete parent[last];
    else parent[last] = structuredClone(value);
  }
  return copy;
}

function nameOf({ metadata }: ObjectLike): string {
  return metadata.name;
}
