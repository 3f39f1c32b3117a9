import { describe, expect, it } from 'vitest';
import { localAuthorizer } from '../kube/access/local-authorizer.ts';
import type { Attributes } from '../kube/access/types.ts';
import { localGrants } from './local-grants.ts';

const local = localAuthorizer(() =>
  localGrants({ controllers: 'controllers', sources: ['tekton'], kite: 'kite-user' }),
);
const on = (resource: string, verb: string, name?: string): Attributes => {
  const [plural = '', subresource] = resource.split('/');
  return {
    ...{ kind: 'resource', verb, group: 'faultline.dev', version: 'v1alpha1', resource: plural, namespace: 'team-a' },
    ...(subresource && { subresource }),
    ...(name && { name }),
  };
};
const path = (text: string, verb: string): Attributes => ({ kind: 'nonResource', verb, path: text });
const may = async (name: string, attributes: Attributes) =>
  (await local.authorize({ name, groups: ['system:authenticated'] }, attributes)).allowed;

describe('the controllers of faultline up', () => {
  it.each<[Attributes]>([[on('issuereports', 'create')], [on('sources', 'report', 'tekton')]])(
    'may %j',
    async (attributes) => {
      expect(await may('controllers', attributes)).toBe(true);
    },
  );

  it.each<[Attributes]>([
    [on('issues', 'list')],
    [on('issues', 'get', 'x')],
    [on('issues/resolve', 'create', 'x')],
    [on('sources', 'report', 'kite')],
    [on('issuereports', 'list')],
    [path('/metrics', 'get')],
  ])('may not %j', async (attributes) => {
    expect(await may('controllers', attributes)).toBe(false);
  });
});

describe('the kite identity', () => {
  it.each<[Attributes]>([
    [on('issues', 'list')],
    [on('issues', 'watch')],
    [on('issues/resolve', 'create', 'x')],
    [on('sources', 'report', 'kite')],
    [on('issuereports', 'create')],
  ])('may %j', async (attributes) => {
    expect(await may('kite-user', attributes)).toBe(true);
  });

  it.each<[Attributes]>([
    [on('sources', 'report', 'tekton')],
    [on('issues/snooze', 'create', 'x')],
    [on('issues', 'delete')],
  ])('may not %j', async (attributes) => {
    expect(await may('kite-user', attributes)).toBe(false);
  });

  it('is nobody when it is not given', async () => {
    const without = localAuthorizer(() => localGrants({ controllers: 'controllers', sources: [] }));
    expect(await without.authorize({ name: 'kite-user', groups: [] }, on('issues', 'list'))).toEqual({
      allowed: false,
    });
  });
});
