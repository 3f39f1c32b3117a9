import {
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
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';
import { parseQuantity } from './quantity.ts';

/** More resources than that has no quota that somebody wrote. */
const MAX_RESOURCES = 200;

/** ResourceQuotas (docs/controllers/workloads-resourcequota.md). */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'v1', kind: 'ResourceQuota', fields: ['status.hard', 'status.used'] },
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  documentation: {
    summary: 'ResourceQuotas that are used up, or nearly: a finding for each resource.',
    findings: FINDINGS.catalogue,
  },
  observe,
});

function observe(quota: DeepReadonly<ObjectLike>, read: Read, options: Options): Verdict {
  const { hard, used } = fields(fields(quota).status);
  if (hard === undefined || used === undefined) return undecided('NotCounted');
  const findings = Object.entries(fields(hard))
    .slice(0, MAX_RESOURCES)
    .flatMap(([resource, limit]) => judged(quota, resource, { limit, used: fields(used)[resource] }, options));
  return observationOf(quota, findings, new Timing(read), options);
}

function judged(
  quota: DeepReadonly<ObjectLike>,
  resource: string,
  { limit: hard, used: taken }: { limit: unknown; used: unknown },
  { threshold, ignore }: Options,
): Finding[] {
  const [limit, used] = [parseQuantity(hard), parseQuantity(taken)];
  const name = identifier(resource)?.slice(0, 200);
  if (name === undefined || ignore.includes(resource) || limit === undefined || used === undefined || limit <= 0)
    return [];
  const part = used / limit;
  // Compared with some room for what a product of floating point loses.
  if (part < threshold - 1e-9) return [];
  const words = { key: `quota/${name}`, description: `Limit: ${String(hard)}` };
  const of = `${name} of quota ${quota.metadata.name}`;
  if (part >= 1 - 1e-9) return [FINDINGS.of('QuotaExhausted', { ...words, title: oneLine(`${of} is used up`, 200) })];
  // In steps: every Pod that comes or goes would change the issue otherwise.
  const percent = Math.floor(part * 20) * 5;
  return [FINDINGS.of('QuotaNearLimit', { ...words, title: oneLine(`${of} is used to more than ${percent} %`, 200) })];
}
