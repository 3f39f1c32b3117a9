import type { Context, Middleware } from 'koa';
import type { LocalAuthorizer } from '../kube/access/local-authorizer.ts';
import { ANONYMOUS, type Attributes, type Authorizer, MASTERS, type UserInfo } from '../kube/access/types.ts';
import { badRequest, requestEntityTooLarge, unauthorized, unsupportedMediaType } from '../kube/status.ts';
import { decodeKubernetesObject, message, text } from './protobuf.ts';

/** The part of an object of `authorization.k8s.io/v1` that is read. */
interface Review {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly spec?: {
    readonly resourceAttributes?: Partial<
      Record<'verb' | 'namespace' | 'group' | 'version' | 'resource' | 'subresource' | 'name', string>
    >;
    readonly nonResourceAttributes?: { readonly verb?: string; readonly path?: string };
  };
}

type Answer = (user: UserInfo, review: Review) => Promise<object>;

const MAX_BODY_BYTES = 64 * 1024;
const JSON_TYPE = 'application/json';
const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

/**
 * "May I?", answered by the server itself where no cluster is behind it: `kubectl auth can-i`, `auth can-i --list`
 * and `auth whoami` against `faultline up`. In a cluster, kube-apiserver answers these and nobody asks us.
 */
export function selfReviews(authorizer: Authorizer, grants: Pick<LocalAuthorizer, 'grantOf'>): Middleware {
  const answers = new Map<string, { kind: string; answer: Answer }>([
    [
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      { kind: 'SelfSubjectAccessReview', answer: (user, review) => accessReview(authorizer, user, review) },
    ],
    [
      '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
      { kind: 'SelfSubjectRulesReview', answer: async (user) => rulesReview(grants, user) },
    ],
    [
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      { kind: 'SelfSubjectReview', answer: async (user) => ({ userInfo: userInfoOf(user) }) },
    ],
  ]);
  return async (ctx, next) => {
    const served = ctx.method === 'POST' ? answers.get(ctx.path) : undefined;
    if (served === undefined) return next();
    const user = ctx.state.user as UserInfo | undefined;
    if (user === undefined || user.name === ANONYMOUS.name) throw unauthorized();
    const review = await readReview(ctx);
    if (review.kind !== served.kind) throw badRequest(`expected an object of kind ${served.kind}`);
    ctx.status = 201;
    ctx.set('Content-Type', 'application/json');
    ctx.body = JSON.stringify({ ...review, metadata: {}, status: await served.answer(user, review) });
  };
}

async function accessReview(authorizer: Authorizer, user: UserInfo, { spec }: Review): Promise<object> {
  const decision = await authorizer.authorize(user, attributesOf(spec));
  if (decision.allowed) return { allowed: true };
  return { allowed: false, ...(decision.reason !== undefined && { reason: decision.reason }) };
}

function attributesOf(spec: Review['spec']): Attributes {
  const { resourceAttributes, nonResourceAttributes } = spec ?? {};
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined)) {
    throw badRequest('spec needs exactly one of resourceAttributes and nonResourceAttributes');
  }
  if (nonResourceAttributes !== undefined) {
    const { verb = '', path = '' } = nonResourceAttributes;
    return { kind: 'nonResource', verb, path };
  }
  const { verb = '', namespace, group = '', version = '', resource = '', subresource, name } = resourceAttributes ?? {};
  return {
    kind: 'resource',
    ...{ verb, group, version, resource },
    ...(namespace && { namespace }),
    ...(subresource && { subresource }),
    ...(name && { name }),
  };
}

function rulesReview(grants: Pick<LocalAuthorizer, 'grantOf'>, user: UserInfo): object {
  const all = ['*'];
  if (user.groups.includes(MASTERS)) {
    const resourceRules = [{ verbs: all, apiGroups: all, resources: all }];
    return { resourceRules, nonResourceRules: [{ verbs: all, nonResourceURLs: all }], incomplete: false };
  }
  const { resources = [] } = grants.grantOf(user) ?? {};
  return {
    resourceRules: resources.map(({ verbs, groups, resources: plurals, names }) => ({
      ...{ verbs, apiGroups: groups, resources: plurals },
      ...(names && names.length > 0 && { resourceNames: names }),
    })),
    nonResourceRules: [],
    incomplete: false,
  };
}

function userInfoOf({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid && { uid }), groups, ...(extra && { extra }) };
}

async function readReview(ctx: Context): Promise<Review> {
  const type = ctx.get('content-type').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!['', JSON_TYPE, PROTOBUF_TYPE].includes(type)) throw unsupportedMediaType([JSON_TYPE, PROTOBUF_TYPE]);
  const body = await readBody(ctx.req);
  try {
    const value: unknown = type === PROTOBUF_TYPE ? reviewOfProtobuf(body) : JSON.parse(body.toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Review;
  } catch {
    // Falls through: said below in our words, not in V8's.
  }
  throw badRequest('the body of the request is not a Kubernetes object');
}

async function readBody(request: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw requestEntityTooLarge(MAX_BODY_BYTES);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Field numbers: `k8s.io/api/authorization/v1/generated.proto`. A rules review has its namespace where others have attributes. */
function reviewOfProtobuf(body: Buffer): Review {
  const { apiVersion, kind, fields } = decodeKubernetesObject(body);
  if (kind !== 'SelfSubjectAccessReview') return { apiVersion, kind, spec: {} };
  const spec = message(fields, 2);
  const resource = message(spec, 1);
  const path = message(spec, 2);
  const names = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'] as const;
  const resourceAttributes = Object.fromEntries(names.map((name, index) => [name, text(resource, index + 1)]));
  return {
    ...{ apiVersion, kind },
    spec: {
      ...(spec.has(1) && { resourceAttributes }),
      ...(spec.has(2) && { nonResourceAttributes: { path: text(path, 1), verb: text(path, 2) } }),
    },
  };
}
