import { describe, expect, it } from 'vitest';
import { localAuthorizer } from '../kube/access/local-authorizer.ts';
import {
  AccessUnavailable,
  type Attributes,
  type Authorizer,
  type Decision,
  type ResourceAttributes,
} from '../kube/access/types.ts';
import { localGrants } from '../server/local-grants.ts';
import { reportAccess } from './report-access.ts';

const caller = { name: 'ci', groups: [] };
const inTeamA = { source: 'tekton', namespace: 'team-a', subjectNamespace: 'team-a' };

/** Allows what it is told to, written `verb resource[/name] @namespace`. */
function allowing(...rights: string[]): Authorizer & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    authorize(_, attributes: Attributes) {
      const { verb, resource, name, namespace } = attributes as ResourceAttributes;
      const right = `${verb} ${resource}${name ? `/${name}` : ''} @${namespace ?? '*'}`;
      asked.push(right);
      return rights.includes(right) ? { allowed: true } : { allowed: false };
    },
  };
}

describe('mayReport', () => {
  it('takes the right to create reports in the namespace and the right to speak as the source', () => {
    const access = reportAccess(allowing('create issuereports @team-a', 'report sources/tekton @team-a'));
    expect(access.mayReport(caller, inTeamA)).toEqual({ allowed: true });
  });

  it.each([
    ['create issuereports @team-a', 'cannot report resource \\"sources\\" in API group \\"faultline.dev\\"'],
    ['report sources/tekton @team-a', 'cannot create resource \\"issuereports\\" in API group \\"faultline.dev\\"'],
  ])('is refused with %s alone, in the words of Kubernetes', (right, words) => {
    expect(JSON.stringify(reportAccess(allowing(right)).mayReport(caller, inTeamA))).toContain(words);
  });

  it.each([
    ['in another namespace', 'team-b'],
    ['without a namespace', undefined],
  ])('needs the right of the whole cluster for a subject %s', (_, subjectNamespace) => {
    const about = { ...inTeamA, subjectNamespace };
    const here = reportAccess(allowing('create issuereports @team-a', 'report sources/tekton @team-a'));
    expect(here.mayReport(caller, about)).toMatchObject({ allowed: false });
    const everywhere = reportAccess(allowing('create issuereports @team-a', 'report sources/tekton @*'));
    expect(everywhere.mayReport(caller, about)).toEqual({ allowed: true });
  });

  it('asks both questions at one time when answers take time', async () => {
    const asked: ((decision: Decision) => void)[] = [];
    const slow: Authorizer = { authorize: () => new Promise((resolve) => void asked.push(resolve)) };
    const permission = reportAccess(slow).mayReport(caller, inTeamA);
    expect(asked).toHaveLength(2);
    for (const answer of asked) answer({ allowed: true });
    expect(await permission).toEqual({ allowed: true });
  });

  it('takes no for an answer also when the other question fails', async () => {
    const authorize: Authorizer['authorize'] = async (_, attributes) => {
      if (attributes.verb === 'create') return { allowed: false };
      throw new AccessUnavailable('no answer');
    };
    expect(await reportAccess({ authorize }).mayReport(caller, inTeamA)).toMatchObject({ allowed: false });
  });

  it('needs both answers when they take time', async () => {
    const authorizer = allowing('create issuereports @team-a');
    const slow: Authorizer = { authorize: async (user, attributes) => authorizer.authorize(user, attributes) };
    expect(await reportAccess(slow).mayReport(caller, inTeamA)).toMatchObject({ allowed: false });
    expect(authorizer.asked.slice(2)).toEqual(['create issuereports @team-a', 'report sources/tekton @team-a']);
  });

  it('is asked about no single namespace of whoever has it in all of them', async () => {
    const authorizer = allowing('create issuereports @*', 'report sources/tekton @*');
    const slow: Authorizer = { authorize: async (user, attributes) => authorizer.authorize(user, attributes) };
    for (const asking of [authorizer, slow]) {
      for (const namespace of ['team-a', 'team-b']) {
        const about = { ...inTeamA, namespace };
        expect(await reportAccess(asking).mayReport(caller, about)).toEqual({ allowed: true });
      }
    }
    expect(new Set(authorizer.asked)).toEqual(new Set(['create issuereports @*', 'report sources/tekton @*']));
  });

  it.each([['create issuereports @*'], ['report sources/tekton @*']])(
    'with %s alone is asked about in the namespace',
    async (right) => {
      const authorizer = allowing(right);
      expect(await reportAccess(authorizer).mayReport(caller, inTeamA)).toMatchObject({ allowed: false });
      expect(authorizer.asked).toContain('create issuereports @team-a');
    },
  );

  it('is the right in the namespace while nobody can say who has it everywhere', async () => {
    const authorize: Authorizer['authorize'] = async (_, attributes) => {
      if (attributes.kind !== 'resource' || attributes.namespace === undefined)
        throw new AccessUnavailable('no answer');
      return { allowed: attributes.namespace === 'team-a' };
    };
    const access = reportAccess({ authorize });
    expect(await access.mayReport(caller, inTeamA)).toEqual({ allowed: true });
    const elsewhere = { ...inTeamA, namespace: 'team-b', subjectNamespace: 'team-b' };
    expect(await access.mayReport(caller, elsewhere)).toMatchObject({ allowed: false });
  });

  it('passes on that nobody can say now', async () => {
    const access = reportAccess({ authorize: () => Promise.reject(new AccessUnavailable('no answer')) });
    await expect(access.mayReport(caller, inTeamA)).rejects.toBeInstanceOf(AccessUnavailable);
  });
});

describe('mayLead', () => {
  it('takes the right in each namespace of a fixed list', () => {
    const authorizer = allowing('report sources/tekton @a', 'report sources/tekton @b');
    const access = reportAccess(authorizer);
    expect(access.mayLead(caller, { source: 'tekton', namespaces: ['a', 'b'] })).toEqual({ allowed: true });
    expect(access.mayLead(caller, { source: 'tekton', namespaces: ['a', 'c'] })).toMatchObject({ allowed: false });
  });

  it.each([[['*']], [['team-*', '!team-x']], [[]]])('takes the right of the whole cluster for %j', (namespaces) => {
    const authorizer = allowing();
    reportAccess(authorizer).mayLead(caller, { source: 'tekton', namespaces });
    expect(authorizer.asked).toEqual(['report sources/tekton @*']);
  });
});

describe('the controllers of faultline up', () => {
  const controllers = { name: 'faultline-controllers', groups: ['system:authenticated'] };
  let sources: string[] = ['tekton'];
  const access = reportAccess(localAuthorizer(() => localGrants({ controllers: 'faultline-controllers', sources })));

  it('speak for their sources, in every namespace and about any subject', () => {
    expect(access.mayReport(controllers, { ...inTeamA, subjectNamespace: undefined })).toEqual({ allowed: true });
    expect(access.mayLead(controllers, { source: 'tekton', namespaces: ['*'] })).toEqual({ allowed: true });
  });

  it('speak for no other source, until their configuration names it', () => {
    const about = { ...inTeamA, source: 'konflux' };
    expect(access.mayReport(controllers, about)).toMatchObject({ allowed: false });
    sources = ['tekton', 'konflux'];
    expect(access.mayReport(controllers, about)).toEqual({ allowed: true });
    sources = [];
    expect(access.mayReport(controllers, about)).toMatchObject({ allowed: false });
  });

  it('speak for every rule, whoever writes it', () => {
    for (const source of ['rule.team-a.claims', 'clusterrule.claims']) {
      expect(access.mayReport(controllers, { ...inTeamA, source })).toEqual({ allowed: true });
      expect(access.mayLead(controllers, { source, namespaces: ['team-a'] })).toEqual({ allowed: true });
    }
    expect(access.mayReport(controllers, { ...inTeamA, source: 'receiver.x' })).toMatchObject({ allowed: false });
  });
});

it('the right to speak as a rule is asked under one name for all of them', () => {
  const authorizer = allowing();
  const access = reportAccess(authorizer);
  access.mayLead(caller, { source: 'rule.a.claims', namespaces: ['a'] });
  access.mayLead(caller, { source: 'clusterrule.claims', namespaces: ['*'] });
  expect(authorizer.asked).toEqual(['report sources/rule.* @a', 'report sources/clusterrule.* @*']);
});
