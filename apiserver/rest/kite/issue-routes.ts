import type Router from '@koa/router';
import type { Context } from 'koa';
import { fingerprint, issueName } from '../../../crds/identity.ts';
import type { Link, Subject } from '../../../crds/issue.ts';
import { DNS_LABEL } from '../../../crds/names.ts';
import type { Finding } from '../../../crds/report.ts';
import { ActionRefused, type Deed } from '../../ingest/deeds.ts';
import type { StoredIssue } from '../../store/store.ts';
import { answerJson } from '../answer-json.ts';
import { audited } from './audit.ts';
import { KiteError, notFound, validationFailed } from './errors.ts';
import { kiteIssue, type Related, UNRELATED } from './issue-json.ts';
import { KiteList } from './list.ts';
import { parseListQuery } from './list-query.ts';
import { KITE } from './options.ts';
import { type Asked, askedBy } from './reader.ts';
import { parseCreate, parseUpdate, requireType, type UpdateRequest } from './requests.ts';
import { scopeOf, subjectOf } from './scope.ts';
import type { KiteTools } from './tools.ts';
import { linksOf, type Said } from './writer.ts';

/** Kite's issues: list, create, get, update, delete, resolve, relate. */
export function issueRoutes(router: Router, tools: KiteTools): void {
  const { reader, writer, options } = tools;
  const list = new KiteList(options, reader);

  router.get('/issues', async (ctx) => {
    const { user, namespace } = askedBy(ctx);
    await reader.require(user, { verb: 'list', namespace });
    const body = await list.answer(parseListQuery(ctx.query, namespace), user);
    ctx.set('Content-Type', 'application/json');
    ctx.body = body;
  });

  router.post('/issues', async (ctx) => {
    const body = await tools.body(ctx);
    const { user } = askedBy(ctx, body);
    const { issue, isNew } = await create(body, tools, user);
    ctx.status = 201;
    await show(ctx, issue, isNew ? UNRELATED : undefined);
  });

  router.get('/issues/:id', async (ctx) => show(ctx, await reader.find(idOf(ctx), askedBy(ctx))));

  router.put('/issues/:id', async (ctx) => {
    const request = parseUpdate(await tools.body(ctx), tools.onMapped);
    const asked = askedBy(ctx, request);
    const issue = await reader.find(idOf(ctx), asked);
    const said = update(issue, request, tools);
    if (said.length === 0) return show(ctx, issue);
    const { issues } = await writer.report(said, asked.user);
    await show(ctx, issues.find(({ id }) => id === issue.id) ?? issue);
  });

  router.delete('/issues/:id', async (ctx) => {
    const asked = askedBy(ctx);
    const issue = await reader.find(idOf(ctx), asked, { subresource: 'resolve' });
    await act(issue, { action: 'delete' }, ctx);
    await unlink(issue, asked.user);
    list.forget();
    ctx.status = 204;
  });

  router.post('/issues/:id/resolve', async (ctx) => {
    const issue = await reader.find(idOf(ctx), askedBy(ctx), { subresource: 'resolve' });
    // What is hidden was resolved long ago.
    await show(ctx, issue.hiddenAt === undefined ? await act(issue, { action: 'resolve' }, ctx) : issue);
  });

  router.post('/issues/:id/related', async (ctx) => {
    const body = (await tools.body(ctx)) as { relatedId?: unknown };
    if (typeof body.relatedId !== 'string' || body.relatedId === '')
      throw new KiteError(400, 'Missing relatedId field');
    const { relatedId } = body;
    const { issue, user } = await bothEnds(ctx, relatedId);
    await audited(options.audit, ctx, { ...issue, verb: 'create', subresource: 'related' }, async () => {
      const outcome = await options.store.relate(idOf(ctx), relatedId, user.name);
      if (outcome === 'missing') throw new KiteError(404, 'one or both issues not found');
      if (outcome === 'exists') throw new KiteError(409, 'relationship already exists');
      if (outcome === 'same') throw validationFailed('an issue is not related to itself');
    });
    list.forget();
    ctx.status = 201;
    answerJson(ctx, { message: 'Relationship created' });
  });

  router.delete('/issues/:id/related/:relatedId', async (ctx) => {
    const relatedId = ctx.params.relatedId as string;
    const { issue, user } = await bothEnds(ctx, relatedId);
    await audited(options.audit, ctx, { ...issue, verb: 'delete', subresource: 'related' }, async () => {
      const found = await options.store.unrelate(idOf(ctx), relatedId, user.name);
      if (!found) throw new KiteError(404, 'relationship not found');
    });
    list.forget();
    ctx.status = 204;
  });

  /** A link says something about both ends: those to issues that the caller may not resolve stay. */
  async function unlink({ id }: StoredIssue, user: Asked['user']): Promise<void> {
    const { store } = options;
    const relations = await store.relatedOf([id]);
    const others = await store.issuesById(
      relations.map(({ sourceId, targetId }) => (sourceId === id ? targetId : sourceId)),
    );
    for (const other of await reader.mayLink(user, others)) await store.unrelate(id, other.id, user.name);
  }

  /** Whoever links two issues resolves none, but says something about both: that takes the same right. */
  async function bothEnds(ctx: Context, relatedId: string): Promise<{ issue: StoredIssue; user: Asked['user'] }> {
    const asked = askedBy(ctx);
    const issue = await reader.find(idOf(ctx), asked, { subresource: 'resolve' });
    const [other] = await options.store.issuesById([relatedId]);
    if (!other || !(await reader.maySee(asked.user, other))) throw new KiteError(404, 'one or both issues not found');
    const right = { verb: 'create', namespace: other.namespace, name: other.name, subresource: 'resolve' } as const;
    await reader.require(asked.user, right);
    return { issue, user: asked.user };
  }

  async function act(issue: StoredIssue, what: Deed, ctx: Context): Promise<StoredIssue> {
    const { namespace, name } = issue;
    const { user, auditId } = ctx.state as { user: Asked['user']; auditId?: string };
    const verb = what.action === 'delete' ? 'delete' : 'create';
    const subresource = verb === 'delete' ? '' : 'resolve';
    return audited(options.audit, ctx, { namespace, name, verb, subresource }, async () => {
      try {
        return await options.engine.act({ namespace, name, what, actor: user.name, ...(auditId && { auditId }) });
      } catch (error) {
        if (!(error instanceof ActionRefused)) throw error;
        throw error.reason === 'no issue' ? notFound() : new KiteError(409, error.message);
      }
    });
  }

  /** `related`: when nobody needs to be asked for it. */
  async function show(ctx: Context, issue: StoredIssue, related?: Related): Promise<void> {
    const known = related ?? (await reader.related([issue.id], (ctx.state as { user: Asked['user'] }).user));
    answerJson(ctx, kiteIssue(issue, known, { links: false }));
  }
}

function idOf(ctx: Context): string {
  return ctx.params.id as string;
}

interface Created {
  readonly issue: StoredIssue;
  /** It was just opened: nobody has linked it yet. */
  readonly isNew: boolean;
}

/** A report, and where Kite's caller says that it is over already, another one. */
async function create(body: unknown, tools: KiteTools, user: Asked['user']): Promise<Created> {
  const request = parseCreate(body, tools.onMapped);
  const { namespace, issueType, title, description, severity, state } = request;
  const subject = subjectOf(request.scope);
  const links =
    request.links.length > 0
      ? linksOf(request.links, tools.onRefusedLink)
      : await storedLinks(tools, { namespace, subject, key: issueType });
  const finding: Finding = {
    ...{ key: issueType, type: issueType, reason: 'Reported', severity, title, description },
    ...(links.length > 0 && { links: [...links] }),
  };
  const said: Said[] = [{ namespace, subject, body: { complete: false, findings: [finding] } }];
  if (state === 'Resolved')
    said.push({ namespace, subject, body: { complete: false, findings: [], resolve: [issueType] } });
  const { issues, cells } = await tools.writer.report(said, user);
  return { issue: issues[0] as StoredIssue, isNew: cells[0] === '6A' };
}

/** Whoever creates an issue again without links leaves those that it has. */
async function storedLinks(
  { options }: KiteTools,
  { namespace, subject, key }: { namespace: string; subject: Subject; key: string },
): Promise<readonly Link[]> {
  const print = fingerprint(namespace, KITE, subject, key);
  const names = [issueName(subject, print), issueName(subject, print, 12)];
  const hex = print.toString('hex');
  const found = DNS_LABEL.test(namespace) ? await options.store.issuesByName(namespace, names) : [];
  return found.find((issue) => issue.fingerprint === hex)?.spec.links ?? [];
}

/** PUT is a report: what is stored with what the request changes. Nothing when there is nothing to say. */
function update(issue: StoredIssue, request: UpdateRequest, tools: KiteTools): Said[] {
  const { namespace, spec } = issue;
  refuseMove(issue, request);
  const subject = spec.subject;
  const resolve: Said = { namespace, subject, body: { complete: false, findings: [], resolve: [spec.key] } };
  const { title, description, severity, issueType, state, links } = request;
  const changes = title ?? description ?? severity ?? issueType ?? (links.length > 0 ? links : undefined);
  if (spec.source !== KITE) throw foreign(issue);
  if (state === 'Resolved' && issue.state === 'Resolved') return [];
  if (state === 'Resolved' && changes === undefined) return [resolve];
  if (state === undefined && changes === undefined) return [];
  const finding: Finding = {
    ...{ key: spec.key, reason: spec.reason },
    type: issueType === undefined || issueType === spec.type ? spec.type : requireType(issueType),
    severity: severity ?? issue.escalated?.from ?? spec.severity,
    title: title ?? spec.title,
    ...optional('description', description ?? spec.description),
    ...optional('links', links.length > 0 ? linksOf(links, tools.onRefusedLink) : (spec.links as Link[] | undefined)),
    ...optional('group', spec.group),
    ...optional('dueAt', spec.dueAt),
    ...optional('remediation', spec.remediation),
    labels: issue.labels,
  };
  const said: Said = {
    ...{ namespace, subject, body: { complete: false, findings: [finding] } },
    ...optional('observed', issue.observed),
  };
  return state === 'Resolved' ? [said, resolve] : [said];
}

function optional<K extends string, V>(name: K, value: V | undefined): { [N in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [N in K]?: V };
}

/** Namespace and scope are what an issue is about: another one is another issue. */
function refuseMove(issue: StoredIssue, { namespace, scope = {} }: UpdateRequest): void {
  if (namespace !== undefined && namespace !== issue.namespace) {
    throw validationFailed(`an issue stays in its namespace: create one in ${namespace}`);
  }
  const current = scopeOf(issue.spec.subject, issue.namespace);
  for (const [name, value] of Object.entries(scope)) {
    if (value !== current[name as keyof typeof current]) {
      throw validationFailed(`scope.${name} cannot change: create an issue with the other scope`);
    }
  }
}

function foreign({ spec }: StoredIssue): KiteError {
  return new KiteError(
    409,
    `this issue is kept by ${spec.source}: it changes as what it observes does; resolve it instead`,
  );
}
