import {
  type CelEnv,
  type CelResult,
  type CelValue,
  celEnv,
  celList,
  isCelError,
  isCelList,
  isCelMap,
} from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import type { Budget } from './budget.ts';

/** The budget of the evaluation that is running: functions are called by the library, which passes nothing on. */
export interface Meter {
  budget: Budget;
}

/** Names that only the parser's macros and `metered.ts` write; no expression can. */
export const APPEND = '@append';
const ITERATE = '@iterate:';
/** Stands around the list of a macro: pays for all its rounds before the first. */
export const iterate = (unitsARound: number): string => `${ITERATE}${unitsARound}`;

const ENV = celEnv({ funcs: [...strings] });
type Group = NonNullable<ReturnType<CelEnv['funcs']['find']>>;
type Call = (id: number, target: CelValue | undefined, args: CelValue[]) => CelResult | undefined;

export function isFunction(name: string): boolean {
  return ENV.funcs.find(name) !== undefined;
}

/** The functions that an expression can call by a name, macros besides (`has`, `all`, `exists`, `exists_one`, `map`, `filter`). */
export function functionNames(): string[] {
  return [...new Set(Array.from(ENV.funcs, ({ name }) => name))].filter((name) => /^[a-z]/i.test(name));
}

/** What is wrong with a pattern of `matches`, or undefined. */
export function patternFault(pattern: string): string | undefined {
  const result = ENV.funcs.find('matches')?.call(0, '', [pattern]);
  return isCelError(result) ? result.message : undefined;
}

/** The standard functions and those of strings, each of which pays for what it is given before it looks at it. */
export function meteredEnv(meter: Meter): CelEnv {
  const groups = new Map<string, Group | undefined>();
  const find = (name: string): Group | undefined => {
    if (!groups.has(name)) groups.set(name, metered(name, meter));
    return groups.get(name);
  };
  // Only these three are read of an environment when an expression is planned.
  return { namespace: ENV.namespace, registry: ENV.registry, funcs: { find } } as unknown as CelEnv;
}

function metered(name: string, meter: Meter): Group | undefined {
  if (name === APPEND) return group(name, append());
  if (name.startsWith(ITERATE)) return group(name, payForRounds(Number(name.slice(ITERATE.length)), meter));
  const standard = ENV.funcs.find(name);
  if (standard === undefined) return undefined;
  return group(name, (id, target, args) => {
    const given = target === undefined ? args : [target, ...args];
    meter.budget.spend(costOf(name, given, meter.budget));
    const [left, right] = given;
    // The library nests what it concatenates, so that long lists overflow the stack.
    if (name === '_+_' && isCelList(left) && isCelList(right)) return celList([...left, ...right]);
    return standard.call(id, target, args);
  });
}

function group(name: string, call: Call): Group {
  return { name, call, [Symbol.iterator]: () => [][Symbol.iterator]() } as unknown as Group;
}

/** The list that `map` and `filter` collect into: nobody else holds it, so it grows in place. */
function append(): Call {
  const grown = new WeakMap<object, CelValue[]>();
  return (_id, _target, [collected, more]) => {
    if (!isCelList(collected) || !isCelList(more)) return undefined;
    const items = grown.get(collected);
    if (items !== undefined) {
      items.push(...more);
      return collected;
    }
    const begun = [...collected, ...more];
    const list = celList(begun);
    grown.set(list, begun);
    return list;
  };
}

function payForRounds(units: number, meter: Meter): Call {
  return (_id, _target, [range]) => {
    if (isCelList(range) || isCelMap(range)) meter.budget.spend(range.size * (units + 1));
    return range;
  };
}

const CHARACTERS_A_UNIT = 16;
/** Functions that look into lists and maps, however deep they are; the others look at their size. */
const DEEP: ReadonlySet<string> = new Set(['_==_', '_!=_', '@in', 'join', 'format']);
/** Functions that make something of every single character. */
const BY_CHARACTER: ReadonlySet<string> = new Set(['size', 'split', 'charAt', 'substring', 'reverse']);

/** Before the call, because afterwards is too late: `replace` may make gigabytes of a kilobyte. */
function costOf(name: string, given: readonly CelValue[], budget: Budget): number {
  const texts = given.filter((value) => typeof value === 'string');
  const [text = '', pattern = '', replacement = ''] = texts;
  if (name === 'matches') {
    // The pattern is compiled each time, which is most of the work on short text.
    const steps = pattern.length + repetitions(pattern);
    return 300 + 10 * steps + (text.length * steps) / 8;
  }
  if (name === 'replace') {
    const places = pattern === '' ? text.length + 1 : text.length / pattern.length;
    return 1 + (text.length + places * replacement.length) / CHARACTERS_A_UNIT;
  }
  const perUnit = BY_CHARACTER.has(name) ? 1 : CHARACTERS_A_UNIT;
  let units = 1 + texts.reduce((sum, each) => sum + each.length, 0) / perUnit;
  if (name === '_+_') for (const each of given) if (isCelList(each)) units += each.size;
  if (DEEP.has(name)) for (const each of given) units += weight(each, budget.limit, name === 'join' ? text.length : 0);
  return units;
}

/** `a{1000}` is a program of 1,000 steps. */
function repetitions(pattern: string): number {
  const counts = pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g);
  return [...counts].reduce((product, [, least, most]) => product * Math.max(1, Number(most || least)), 1);
}

/** How much there is to look at; stops counting at `limit`, which is too much anyway. */
function weight(value: CelValue, limit: number, separator: number): number {
  if (typeof value === 'string') return 1 + (value.length + separator) / CHARACTERS_A_UNIT;
  if (!isCelList(value) && !isCelMap(value)) return 1;
  let units = 1;
  for (const item of isCelList(value) ? value : value.values()) {
    units += weight(item, limit, separator);
    if (units > limit) break;
  }
  return units;
}
