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
  type Verdict,
} from '../../index.ts';
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
      summary: `${kind}s whose Service does not exist or has no ready endpoints. Of recorded objects a Service that is missing says nothing.`,
      findings: FINDINGS.catalogue,
    },
    observe,
  });
}

async function observe(configuration: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  // Where not even the Service of the API server is seen, Services are not (all) read, and absence means nothing; of a
  // recording it never does.
  const seesAll = read.live && (await read.get('Service', 'default', 'kubernetes')) !== undefined;
  const timing = new Timing(read);
  const { kind, metadata } = configuration;
  const findings = await Promise.all(
    calledServices(configuration).map(async (service): Promise<Finding[]> => {
      const trouble = await troubleOf(service, read, { ...options, seesAll }, timing);
      if (trouble === undefined) return [];
      const reason = service.refuses ? 'WebhookUnreachable' : 'WebhookSkipped';
      const where = `${service.namespace}/${service.name}`;
      return [
        FINDINGS.of(reason, {
          key: `service/${where}`,
          title: oneLine(`${kind} ${metadata.name}: Service ${where} ${trouble}`, 200),
          description: `Webhooks: ${namesOf(service)}`,
        }),
      ];
    }),
  );
  return observationOf(configuration, findings.flat(), timing, options);
}

const MAX_NAMES = 20;

function namesOf({ webhooks }: CalledService): string {
  const names = webhooks.slice(0, MAX_NAMES).map((name) => oneLine(name.slice(0, 1_000), 253));
  return webhooks.length > names.length
    ? `${names.join(', ')} and ${webhooks.length - names.length} more`
    : names.join(', ');
}

/** Completes "Service a/b …". */
async function troubleOf(
  { namespace, name }: CalledService,
  read: Read,
  { missingFor, seesAll }: Options & { readonly seesAll: boolean },
  timing: Timing,
): Promise<string | undefined> {
  const service = await read.get<ObjectLike>('Service', namespace, name);
  if (service === undefined) return seesAll ? 'does not exist' : undefined;
  if (fields(fields(service).spec).type === 'ExternalName') return undefined;
  const slices = await read.list<ObjectLike>('EndpointSlice', { namespace, labels: { [SERVICE_NAME]: name } });
  if (slices.length === 0 && !seesAll) return undefined;
  // Unknown counts as ready, as for kube-proxy.
  const isReady = slices.some((slice) =>
    records(fields(slice).endpoints).some(({ conditions }) => fields(conditions).ready !== false),
  );
  const changed = slices.map(({ metadata }) => timing.at(metadata.annotations?.[CHANGED_AT]));
  const since = latest(timing.at(service.metadata.creationTimestamp), ...changed);
  return isReady || !timing.lasts(since, missingFor) ? undefined : 'has no ready endpoint';
}
