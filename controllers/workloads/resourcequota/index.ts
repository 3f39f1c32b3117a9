import {
  type ControllerDefinition,
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  identifier,
  type ObjectLike,
  oneLine,
  type Read,
  undecided,
  type Verdict,
} from '../../index.ts';
import { HELD, Memory } from '../../states/memory.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';
import { parseQuantity } from './quantity.ts';

/** More resources than that has no quota that somebody wrote. */
const MAX_RESOURCES = 200;

/** ResourceQuotas (docs/controllers/workloads-resourcequota.md). */
export function resourceQuotas(): ControllerDefinition<ObjectLike, Options> {
  const memory = new Memory();
  return defineController<ObjectLike, Options>({
    apiVersion: 'controller/v1',
    watches: { apiVersion: 'v1', kind: 'ResourceQuota', fields: ['status.hard', 'status.used'] },
    options: optionsSchema,
    order: 'state',
    onDelete: 'resolve',
    documentation: {
      summary: 'ResourceQuotas that are used up, or nearly: a finding for each resource.',
      findings: FINDINGS.catalogue,
    },
    observe: (quota, read, options) => observe(quota, read, options, memory),
  });
}

export default resourceQuotas();

function observe(quota: DeepReadonly<ObjectLike>, read: Read, options: Options, memory: Memory): Verdict {
  const { hard, used } = fields(fields(quota).status);
  if (hard === undefined || used === undefined) return undecided('NotCounted');
  const timing = new Timing(read);
  const looks = Object.entries(fields(hard))
    .slice(0, MAX_RESOURCES)
    .flatMap(([resource, limit]) => {
      const use = useOf(resource, limit, fields(used)[resource], options);
      return use === undefined ? [] : [judged(quota, use, { options, lasting: { quota, memory, read, timing } })];
    });
  if (looks.includes(HELD)) return undecided(HELD, timing.again);
  const findings = looks.filter((look) => typeof look === 'object');
  return observationOf(quota, findings, timing, options);
}

/** How much of a resource is used. */
interface Use {
  readonly resource: string;
  readonly name: string;
  readonly hard: unknown;
  readonly part: number;
}

function useOf(resource: string, hard: unknown, taken: unknown, { ignore }: Options): Use | undefined {
  const [limit, used] = [parseQuantity(hard), parseQuantity(taken)];
  const name = identifier(resource)?.slice(0, 200);
  if (name === undefined || ignore.includes(resource) || limit === undefined || used === undefined || limit <= 0)
    return undefined;
  return { resource, name, hard, part: used / limit };
}

/** Compared with some room for what a product of floating point loses. */
const ROOM = 1e-9;

function judged(
  quota: DeepReadonly<ObjectLike>,
  { resource, name, hard, part }: Use,
  { options: { threshold, margin, usedFor }, lasting }: { options: Options; lasting: Omit<Lasting, 'usedFor'> },
): Finding | typeof HELD | undefined {
  const isCount = isObjectCount(resource);
  const above = isCount ? 1 : threshold;
  // Of a count there is nothing between reached and not reached.
  const below = isCount ? 1 : threshold - margin;
  const near = hasLasted(`near ${resource}`, part, { above, below }, { ...lasting, usedFor });
  const full = hasLasted(`full ${resource}`, part, { above: 1, below: 1 }, { ...lasting, usedFor });
  if (near !== true) return near === HELD ? HELD : undefined;
  const words = { key: `quota/${name}`, description: `Limit: ${String(hard)}` };
  const of = `${name} of quota ${quota.metadata.name}`;
  if (isCount) return FINDINGS.of('ObjectCountReached', { ...words, title: oneLine(`${of} is used up`, 200) });
  if (full === true) return FINDINGS.of('QuotaExhausted', { ...words, title: oneLine(`${of} is used up`, 200) });
  // In steps: every Pod that comes or goes would change the issue otherwise.
  const percent = Math.min(Math.floor(part * 20) * 5, 95);
  return FINDINGS.of('QuotaNearLimit', { ...words, title: oneLine(`${of} is used to more than ${percent} %`, 200) });
}

interface Lasting {
  readonly quota: DeepReadonly<ObjectLike>;
  readonly memory: Memory;
  readonly read: Read;
  readonly timing: Timing;
  readonly usedFor: string;
}

/** Begins above one part and, once it has lasted, ends below the other: use that goes up and down is not news each time. */
function hasLasted(
  about: string,
  part: number,
  { above, below }: { above: number; below: number },
  { quota, memory, read, timing, usedFor }: Lasting,
): boolean | typeof HELD {
  const isAbove = part >= above - ROOM;
  if (isAbove || (part >= below - ROOM && memory.has(quota, about))) {
    if (timing.lasts(memory.since(quota, about, read, timing), usedFor)) return true;
    if (isAbove) return HELD;
  }
  memory.forget(quota, about);
  return false;
}

/** https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-on-object-count */
const COUNTED: ReadonlySet<string> = new Set([
  ...['configmaps', 'persistentvolumeclaims', 'pods', 'replicationcontrollers', 'resourcequotas', 'secrets'],
  ...['services', 'services.loadbalancers', 'services.nodeports'],
]);

function isObjectCount(resource: string): boolean {
  return resource.startsWith('count/') || resource.endsWith('/persistentvolumeclaims') || COUNTED.has(resource);
}
