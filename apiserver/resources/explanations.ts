import {
  type ControllerExplanation,
  EXPLANATION_NAMES,
  type Explanation,
  type ExplanationStatus,
  explanationStatusSchema,
  type ObjectReference,
  objectReferenceSchema,
} from '../../crds/explanation.ts';
import type { KubernetesObject } from '../../crds/meta.ts';
import { API_VERSION, GROUP, VERSION } from '../../crds/names.ts';
import type { Asked, Explanations, Kinds, ServedKind } from '../explanations/index.ts';
import type { Authorizer, UserInfo } from '../kube/access/types.ts';
import {
  ApiError,
  type CreateRequest,
  invalid,
  type JsonSchema,
  type ResourceDefinition,
  serviceUnavailable,
  tooManyRequests,
} from '../kube/index.ts';
import { forbidden } from '../kube/status.ts';
import { checkedSpec } from './checked-spec.ts';

export interface ExplanationsOptions {
  readonly explanations: Explanations;
  /** Which kind somebody means. */
  readonly kinds: Kinds;
  readonly authorizer: Authorizer;
}

/**
 * The resource `explanations`: create only and without a namespace, like a SubjectAccessReview. Anybody who is known may
 * ask; who may not `get` the very object is told nothing about it.
 */
export function explanationsResource(options: ExplanationsOptions): ResourceDefinition {
  return {
    ...EXPLANATION_NAMES,
    group: GROUP,
    version: VERSION,
    namespaced: false,
    description: 'What the controllers know of one object: why there is an issue for it, or none. It is not kept.',
    schema: { spec: schemaOf(objectReferenceSchema), status: schemaOf(explanationStatusSchema) },
    columns: [{ name: 'Name', type: 'string', format: 'name', description: 'Name of the object.', cell: nameOf }],
    selectableFields: [],
    fields: () => ({}),
    create: (request) => create(options, request),
    readOnlyMessage: 'explanations can be created only: they are answered at once and not kept',
  };
}

async function create(options: ExplanationsOptions, request: CreateRequest): Promise<Explanation> {
  const { metadata = {} } = request.object as { metadata?: { name?: string } };
  const asked = checkedSpec(objectReferenceSchema, request.object.spec, { ...KIND, name: metadata.name ?? '' });
  const kind = await resolve(options.kinds, asked);
  const spec = placed(asked, kind, metadata.name ?? '');
  await requireGet(options.authorizer, request.user, spec, kind);
  if (options.explanations.full) throw tooManyRequests('too many explanations are asked for at one time', 1);
  const { controllers: all, processes, silent } = await options.explanations.ask(spec, request.signal);
  const controllers = decisive(all);
  const { group, resource, kind: name, namespaced } = kind;
  const status: ExplanationStatus = {
    resource: { group, resource, kind: name, namespaced },
    processes: [...processes],
    silent: [...silent],
    controllers: [...controllers],
    message: messageOf({ controllers, processes, silent }, spec),
  };
  return { apiVersion: API_VERSION, kind: 'Explanation', metadata, spec, status };
}

async function resolve(kinds: Kinds, asked: ObjectReference): Promise<ServedKind> {
  let kind: ServedKind | undefined;
  try {
    kind = await kinds.resolve(asked);
  } catch (cause) {
    throw serviceUnavailable('the cluster cannot be asked now which kinds it serves', 1, cause);
  }
  if (kind !== undefined) return kind;
  const { group, kind: name } = asked;
  const full = group === undefined || group === '' ? name : `${name}.${group}`;
  throw new ApiError('NotFound', `the cluster serves no kind or resource "${full}"`, {
    kind: full,
    group: group ?? '',
  });
}

/** The reference as the cluster knows the kind: exactly what the right is asked for is what the controllers are asked. */
function placed({ namespace, ...rest }: ObjectReference, kind: ServedKind, name: string): ObjectReference {
  if (kind.namespaced && namespace === undefined) {
    const message = `${kind.kind} objects are in namespaces: say in which`;
    throw invalid(KIND, name, [{ reason: 'FieldValueRequired', field: 'spec.namespace', message }]);
  }
  return {
    ...rest,
    group: kind.group,
    kind: kind.kind,
    ...(kind.namespaced && namespace !== undefined && { namespace }),
  };
}

async function requireGet(
  authorizer: Authorizer,
  user: UserInfo,
  { namespace, name }: ObjectReference,
  { group, version, resource }: ServedKind,
): Promise<void> {
  const right = {
    ...{ verb: 'get', group, version, resource, name },
    ...(namespace !== undefined && { namespace }),
  };
  const decision = await authorizer.authorize(user, { kind: 'resource', ...right });
  if (!decision.allowed) throw forbidden({ user: user.name, ...right }, decision.reason);
}

/** Of each controller what the process says whose object it is; several that say the same say it once. */
function decisive(all: readonly ControllerExplanation[]): ControllerExplanation[] {
  return all.filter((one, index) => {
    const others = all.filter(({ controller }, other) => controller === one.controller && other !== index);
    if (ELSEWHERE.has(one.verdict) && others.some(({ verdict }) => !ELSEWHERE.has(verdict))) return false;
    const first = all.findIndex(({ controller, message }) => controller === one.controller && message === one.message);
    return first === index;
  });
}

const ELSEWHERE: ReadonlySet<ControllerExplanation['verdict']> = new Set(['Standby', 'OtherShard']);

function messageOf({ controllers, processes, silent }: Asked, { kind }: ObjectReference): string {
  if (processes.length === 0 && silent.length === 0) {
    return 'no controllers process that may report there is connected to this server: is faultline controllers running?';
  }
  if (controllers.length > 0) return '';
  if (processes.length === 0) return `${silent.join(', ')} did not answer in time: try again`;
  return `no configured controller watches ${kind}: add one to controllers: of faultline.yaml`;
}

const KIND = { group: GROUP, kind: EXPLANATION_NAMES.kind };

function schemaOf(schema: typeof objectReferenceSchema | typeof explanationStatusSchema): JsonSchema {
  return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema;
}

function nameOf(explanation: KubernetesObject): string {
  return (explanation as unknown as Explanation).spec.name;
}
