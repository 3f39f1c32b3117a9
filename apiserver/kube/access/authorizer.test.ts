import { describe, expect, it } from 'vitest';
import { createAuthorizer } from './authorizer.ts';
import { localAuthorizer } from './local-authorizer.ts';
import { ANONYMOUS, type Attributes, type UserInfo } from './types.ts';

const nobody = createAuthorizer({ authorize: () => ({ allowed: false }) });
const alice: UserInfo = { name: 'alice', groups: ['system:authenticated'] };
const path = (text: string, verb = 'get'): Attributes => ({ kind: 'nonResource', verb, path: text });
const allowed = async (user: UserInfo, attributes: Attributes) => (await nobody.authorize(user, attributes)).allowed;

describe('A12 without asking anybody', () => {
  it.each(['/healthz', '/livez', '/readyz', '/readyz/db'])('%s is everybody’s', async (health) => {
    expect(await allowed(ANONYMOUS, path(health))).toBe(true);
  });

  it.each(['/healthzz', '/metrics', '/', '/apis', '/version'])('%s is not', async (other) => {
    expect(await allowed(ANONYMOUS, path(other))).toBe(false);
  });

  it('masters may do anything', async () => {
    const master = { name: 'x', groups: ['system:masters'] };
    expect(await allowed(master, path('/metrics', 'post'))).toBe(true);
  });
});

describe('D8 discovery', () => {
  it.each(['/', '/version', '/api', '/api/v1', '/apis', '/apis/g/v1', '/openapi/v2', '/openapi/v3/apis/g/v1'])(
    '%s may be read by every authenticated user',
    async (discovery) => {
      expect(await allowed(alice, path(discovery))).toBe(true);
      expect(await allowed(alice, path(discovery, 'post'))).toBe(false);
    },
  );

  it('is not what REST serves below /api/v1', async () => {
    expect(await allowed(alice, path('/api/v1/issues'))).toBe(false);
  });
});

describe('the local authorizer', () => {
  const local = localAuthorizer(() => [
    {
      user: 'reader',
      resources: [
        { verbs: ['get', 'list'], groups: ['g'], resources: ['things', 'things/act'], names: ['one'] },
        { verbs: ['*'], groups: ['*'], resources: ['open'] },
      ],
    },
  ]);
  const resource = (values: object): Attributes => ({
    kind: 'resource',
    verb: 'get',
    group: 'g',
    version: 'v1',
    resource: 'things',
    name: 'one',
    ...values,
  });
  const may = async (attributes: Attributes, name = 'reader') =>
    (await local.authorize({ name, groups: ['system:authenticated'] }, attributes)).allowed;

  it('allows what a grant names, in any namespace', async () => {
    expect(await may(resource({}))).toBe(true);
    expect(await may(resource({ namespace: 'n', verb: 'list' }))).toBe(true);
    expect(await may(resource({ subresource: 'act' }))).toBe(true);
    expect(await may(resource({ group: 'x', resource: 'open', verb: 'delete', name: undefined }))).toBe(true);
  });

  it.each<[string, Attributes]>([
    ['another verb', resource({ verb: 'watch' })],
    ['another group', resource({ group: 'h' })],
    ['another resource', resource({ resource: 'thing' })],
    ['another name', resource({ name: 'two' })],
    ['no name where names are given', resource({ name: undefined })],
    ['a subresource that is not named', resource({ subresource: 'other' })],
    ['paths', path('/metrics')],
  ])('refuses %s', async (_, attributes) => {
    expect(await may(attributes)).toBe(false);
  });

  it('refuses whoever has no grant', async () => {
    expect(await may(resource({}), 'stranger')).toBe(false);
  });
});
