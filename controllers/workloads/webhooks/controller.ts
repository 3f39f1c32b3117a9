import {
  type ControllerDefinition,
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  type ObjectLike,
  oneLine,
  type Read,
  records,
  undecided,
  type Verdict,
} from '../../index.ts';
import { HELD, Memory } from '../../states/memory.ts';
import { observationOf } from '../../states/observation.ts';
import { latest, Timing } from '../../states/timing.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';
import { type CalledService, calledServices } from './services.ts';

type Kind = 'ValidatingWebhookConfiguration' | 'MutatingWebhookConfiguration';

/** Of an EndpointSlice: when what it tells last changed, as the controllers of endpoints note it. */
const CHANGED_AT = 'endpoints.kubernetes.io/last-change-trigger-time';
const SERVICE_NAME = 'kubernetes.io/service-name';

/** Admission webhooks that nobody answers. Two kinds with one shape: a controller for each. */
export function webhookController(kind: Kind): ControllerDefinition<ObjectLike, Options> {
  const memory = new Memory();
  return defineController<ObjectLike, Options>({
    apiVersion: 'controller/v1',
    watches: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind,
      fields: [
        'webhooks.name',
        'webhooks.failurePolicy',
        'webhooks.clientConfig.service.namespace',
        'webhooks.clientConfig.service.name',
        'webhooks.rules.operations',
      ],
    },
    reads: [
      { apiVersion: 'v1', kind: 'Service', fields: ['spec.type'] },
      { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', fields: ['endpoints.conditions.ready'] },
    ],
    options: optionsSchema,
    order: 'state',
    onDelete: 'resolve',
    documentation: {
      summary: `${kind}s whose Service does not exist or has no ready endpoints. Of recorded objects, and in namespaces that are left out, a Service that is missing says nothing.`,
      findings: FINDINGS.catalogue,
    },
    observe: (configuration, read, options) => observe(configuration, read, options, memory),
  });
}

async function observe(
  configuration: DeepReadonly<ObjectLike>,
  read: Read,
  { missingFor, findings: chosen }: Options,
  memory: Memory,
): Promise<Verdict> {
  const timing = new Timing(read);
  const services = calledServices(configuration);
  const looks = await Promise.all(
    services.map((service) => troubleOf(configuration, service, read, { memory, missingFor, timing })),
  );
  if (looks.includes('held')) return undecided(HELD, timing.again);
  if (looks.length > 0 && looks.every((look) => look === 'unknown')) return undecided('ServicesNotCovered');
  const findings = services.flatMap((service, index): Finding[] => {
    const look = looks[index];
    return typeof look === 'object' ? [finding(configuration, service, look.trouble)] : [];
  });
  return observationOf(configuration, findings, timing, { findings: chosen });
}

function finding({ kind, metadata }: DeepReadonly<ObjectLike>, service: CalledService, trouble: string): Finding {
  const where = `${service.namespace}/${service.name}`;
  return FINDINGS.of(service.refuses ? 'WebhookUnreachable' : 'WebhookSkipped', {
    key: `service/${where}`,
    title: oneLine(`${kind} ${metadata.name}: Service ${where} ${trouble}`, 200),
    description: `Webhooks: ${namesOf(service)}`,
  });
}

const MAX_NAMES = 20;

function namesOf({ webhooks }: CalledService): string {
  const names = webhooks.slice(0, MAX_NAMES).map((name) => oneLine(name.slice(0, 1_000), 253));
  return webhooks.length > names.length
    ? `${names.join(', ')} and ${webhooks.length - names.length} more`
    : names.join(', ');
}

/**
 * What is known of a Service. Unknown: it does not read, and its namespace is left out, or this is a recording; held: it does
 * not exist, and was not seen to be missing for long enough.
 */
type Look = 'fine' | 'unknown' | 'held' | { /** Completes "Service a/b …". */ readonly trouble: string };

async function troubleOf(
  configuration: DeepReadonly<ObjectLike>,
  { namespace, name }: CalledService,
  read: Read,
  { memory, missingFor, timing }: { memory: Memory; missingFor: string; timing: Timing },
): Promise<Look> {
  const about = `service/${namespace}/${name}`;
  const service = await read.get<ObjectLike>('Service', namespace, name);
  if (service === undefined) {
    if (!(await read.covers('Service', namespace))) return 'unknown';
    const since = memory.since(configuration, about, read, timing);
    return timing.lasts(since, missingFor) ? { trouble: 'does not exist' } : 'held';
  }
  memory.forget(configuration, about);
  if (fields(fields(service).spec).type === 'ExternalName') return 'fine';
  const slices = await read.list<ObjectLike>('EndpointSlice', { namespace, labels: { [SERVICE_NAME]: name } });
  if (slices.length === 0 && !(await read.covers('EndpointSlice', namespace))) return 'unknown';
  // Unknown counts as ready, as for kube-proxy.
  const isReady = slices.some((slice) =>
    records(fields(slice).endpoints).some(({ conditions }) => fields(conditions).ready !== false),
  );
  const changed = slices.map(({ metadata }) => timing.at(metadata.annotations?.[CHANGED_AT]));
  const since = latest(timing.at(service.metadata.creationTimestamp), ...changed);
  return isReady || !timing.lasts(since, missingFor) ? 'fine' : { trouble: 'has no ready endpoint' };
}
