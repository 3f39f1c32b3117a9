import Joi from 'joi';
import { GROUP } from '../../../crds/names.ts';
import {
  type ActionContext,
  type ActionDefinition,
  type ActionRequest,
  type ActionResult,
  checkPreconditions,
  type JsonSchema,
  type ModuleAction,
  notFound,
  type ResourceModule,
  type Served,
  timeout,
} from '../../kube/index.ts';
import { NotYetFilled, type ResourceLog } from '../../store/resource-log.ts';

export interface OwnActionsOptions extends ActionContext {
  readonly log: Pick<ResourceLog, 'read' | 'filled'>;
  /** ms that an action may take. Default 50,000: kube-apiserver gives up after 60 s (S3). */
  readonly within?: number;
}

/** What the wire serves of the actions of a module. */
export function ownActions(module: ResourceModule, options: OwnActionsOptions): ActionDefinition[] {
  return (module.actions ?? []).map((action) => ({
    ...{ name: action.name, kind: action.kind, description: action.description },
    spec: action.spec ?? Joi.object({}),
    status: jsonSchema(action.status ?? Joi.object({})),
    perform: (request) => perform(module, action, request, options),
  }));
}

async function perform(
  { plural }: ResourceModule,
  action: ModuleAction,
  request: ActionRequest,
  { log, within = 50_000, ...context }: OwnActionsOptions,
): Promise<ActionResult> {
  const { name, namespace, preconditions, signal, ...asked } = request;
  const [object] = await log.read([{ namespace, name }]);
  if (!object) {
    if (await log.filled()) throw notFound({ group: GROUP, resource: plural }, name);
    throw new NotYetFilled(`the source of ${plural} has not been read completely yet`);
  }
  const { uid, resourceVersion } = object.metadata;
  checkPreconditions({ group: GROUP, resource: plural }, { name, uid, resourceVersion }, preconditions);
  const over = AbortSignal.timeout(within);
  const { user, dryRun, auditId } = asked;
  const spec = (action.spec?.validate(asked.spec).value ?? asked.spec) as ActionRequest['spec']; // with its defaults
  const what = { object: object as Served, spec, user, dryRun, ...(auditId !== undefined && { auditId }) };
  const status = await Promise.race([
    action.perform({ ...what, signal: AbortSignal.any([signal, over]) }, context),
    rejectedBy(
      over,
      `${plural}/${action.name} took longer than ${within / 1_000} s: it may have happened, and may be sent again`,
    ),
  ]);
  return { metadata: { uid, resourceVersion }, status: checked(plural, action, status ?? {}) };
}

/** What clients generate code from must be what they are sent: an answer of another shape is the author's fault. */
function checked(plural: string, { name, status = Joi.object({}) }: ModuleAction, answer: object): object {
  const { error } = status.validate(answer, { abortEarly: false, convert: false });
  if (error) throw new Error(`${plural}/${name} happened, but answered what its status is not: ${error.message}`);
  return answer;
}

async function rejectedBy(signal: AbortSignal, why: string): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(timeout(why)), { once: true });
  return promise;
}

function jsonSchema(schema: Joi.ObjectSchema): JsonSchema {
  return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema;
}
