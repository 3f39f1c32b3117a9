import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import { failureOf } from '../runtime/observe.ts';
import type { ObjectLike } from '../runtime/plugin.ts';
import { type AnyController, type FixtureLook, Fixtures, type Setup } from './fixture.ts';
import { type Change, changed, changesOf, describeChanges, randomOf, shuffled } from './mutations.ts';

export interface TotalSetup extends Setup {
  /** Chooses the cases where there are more than `cases`, and the combined ones. Default 1. */
  readonly seed?: number;
  /** How many are tried at most. Default 1,000. */
  readonly cases?: number;
}

/**
 * Tries the controller on objects that are only half filled, made of the fixture: each path of each object is once removed,
 * null, and of every other type, and some of that is combined. Identity stays (apiVersion, kind, name, namespace and uid, of
 * an object and of its owners): the API server vouches for it. The same list for the same fixture and seed. Answers how many
 * cases were tried.
 *
 * Rejects with an AssertionError that names the change, the object and the seed when `observe` throws something other than
 * TerminalError and RetryAfter, does not answer within 10 s, or answers what the backend would refuse.
 */
export async function expectTotal<T extends ObjectLike, O>(
  controller: AnyController<T, O>,
  objects: readonly ObjectLike[],
  { seed = 1, cases = 1_000, ...setup }: TotalSetup = {},
): Promise<number> {
  const fixtures = new Fixtures(controller, { ...setup, related: [] });
  const all = [...objects, ...(setup.related ?? [])];
  if (!objects.some((object) => fixtures.isWatched(object))) throw new Error('none of the objects is watched');
  const tried = casesOf(all, { seed, cases });
  for (const changes of [[], ...tried]) {
    const looks = await fixtures.tryAll(changed(all, changes));
    for (const look of looks) if ('during' in look) assertAllowed(look, describeChanges(all, changes), seed);
  }
  return tried.length;
}

/** Every single change, in a random order when there is no room for all; a tenth are several changes at once. */
function casesOf(objects: readonly ObjectLike[], { seed, cases }: { seed: number; cases: number }): Change[][] {
  const random = randomOf(seed);
  const single = changesOf(objects);
  if (single.length === 0) return [];
  const alone = single.length <= cases ? single : shuffled(single, random).slice(0, cases);
  const pick = (): Change => single[Math.floor(random() * single.length)] as Change;
  const combined = Array.from({ length: Math.ceil(cases / 10) }, () =>
    Array.from({ length: 2 + Math.floor(random() * 5) }, pick),
  );
  return [...alone.map((change) => [change]), ...combined];
}

function assertAllowed(
  { object, during, error }: { object: string; during: 'observe' | 'report'; error: unknown },
  how: string,
  seed: number,
): void {
  const failure = failureOf(error);
  if (during === 'observe' && (failure.kind === 'terminal' || failure.kind === 'retryAfter')) return;
  const failed = new AssertionError({
    message: `${object}: ${failure.message}\nwhen ${how} (seed ${seed})`,
    operator: 'expectTotal',
  });
  failed.cause = error;
  throw failed;
}

/**
 * Looks at the objects again: as they are, in reverse and in another order. Rejects with an AssertionError when it ever says
 * something else: a controller has no memory, no clock but `read.now()`, and no order of what it reads.
 */
export async function expectDeterministic<T extends ObjectLike, O>(
  controller: AnyController<T, O>,
  objects: readonly ObjectLike[],
  { seed = 1, ...setup }: Setup & { readonly seed?: number } = {},
): Promise<void> {
  const first = await new Fixtures(controller, setup).observe(structuredClone(objects) as ObjectLike[]);
  const [again, related] = [new Fixtures(controller, setup), setup.related ?? []];
  const orders: readonly (readonly [string, readonly ObjectLike[], readonly ObjectLike[]])[] = [
    ['at a second look', objects, related],
    ['with the objects in reverse', objects.toReversed(), related.toReversed()],
    ['with the objects in another order', shuffled(objects, randomOf(seed)), shuffled(related, randomOf(seed))],
  ];
  const same = (how: string, looks: readonly FixtureLook[]): void => {
    for (const [index, look] of looks.entries()) {
      const before = first[index];
      if (isDeepStrictEqual(look, before)) continue;
      throw new AssertionError({
        message: `${look.object}: the controller says something else ${how} (seed ${seed})`,
        ...{ actual: look, expected: before, operator: 'expectDeterministic' },
      });
    }
  };
  same(orders[0]?.[0] ?? '', await again.observe(objects));
  for (const [how, listed, others] of orders) {
    same(
      how,
      await new Fixtures(controller, { ...setup, related: others }).observe(structuredClone(listed) as ObjectLike[]),
    );
  }
}
