import { describe, expect, it } from 'vitest';
import { localAuthorizer } from '../kube/access/local-authorizer.ts';
import { AccessUnavailable, type Authorizer, type ResourceAttributes, type UserInfo } from '../kube/access/types.ts';
import { localGrants } from '../server/local-grants.ts';
import { RestError } from './errors.ts';
import { listableNamespaces, mayOnIssues, requireOnIssues } from './listable-namespaces.ts';

const ada: UserInfo = { name: 'ada', groups: ['team-a'] };
const EVERYWHERE = '*';

/** Answers later, allows `list issues` in these namespaces, and counts. */
function cluster(allowed: readonly string[], sync = false) {
  const asked: string[] = [];
  const state = { running: 0, most: 0 };
  const decide = async (attributes: ResourceAttributes) => {
    state.running += 1;
    state.most = Math.max(state.most, state.running);
    await Promise.resolve();
    state.running -= 1;
    return answer(attributes);
  };
  const answer = ({ verb, group, resource, namespace = EVERYWHERE }: ResourceAttributes) => ({
    allowed: verb === 'list' && group === 'faultline.dev' && resource === 'issues' && allowed.includes(namespace),
  });
  const authorizer: Authorizer = {
    authorize(_, attributes) {
      asked.push((attributes as ResourceAttributes).namespace ?? EVERYWHERE);
      return sync ? answer(attributes as ResourceAttributes) : decide(attributes as ResourceAttributes);
    },
  };
  return { authorizer, asked, state };
}

const namespaces = async () => ['a', 'b', 'c'];

describe('the namespaces that a caller may list', () => {
  it.each([true, false])(
    'are all with the right of the whole cluster, and nothing else is asked (at once: %s)',
    async (sync) => {
      const { authorizer, asked } = cluster([EVERYWHERE], sync);
      const listable = listableNamespaces({
        authorizer,
        namespaces: () => Promise.reject(new Error('not asked')),
        now: () => 0,
      });
      expect(await listable.of(ada)).toBe('all');
      expect(new Set(asked)).toEqual(new Set([EVERYWHERE]));
    },
  );

  it.each([true, false])('are otherwise those with issues where the right was given (at once: %s)', async (sync) => {
    const { authorizer } = cluster(['a', 'c', 'without-issues'], sync);
    expect(await listableNamespaces({ authorizer, namespaces, now: () => 0 }).of(ada)).toEqual(new Set(['a', 'c']));
  });

  it('are none for whoever has no right', async () => {
    const { authorizer } = cluster([]);
    expect(await listableNamespaces({ authorizer, namespaces, now: () => 0 }).of(ada)).toEqual(new Set());
  });

  it('are those of another right when that is asked for', async () => {
    const authorizer: Authorizer = {
      authorize: (_, attributes) => {
        const { verb, resource, subresource, namespace } = attributes as ResourceAttributes;
        return { allowed: `${verb} ${resource}/${subresource} ${namespace}` === 'get issues/evidence b' };
      },
    };
    const right = { verb: 'get', subresource: 'evidence' } as const;
    expect(await listableNamespaces({ authorizer, right, namespaces, now: () => 0 }).of(ada)).toEqual(new Set(['b']));
  });

  it('are asked for a few at a time', async () => {
    const many = Array.from({ length: 500 }, (_, index) => `ns-${index}`);
    const { authorizer, state } = cluster(many);
    const options = { authorizer, namespaces: async () => many, now: () => 0, concurrency: 4 };
    expect(await listableNamespaces(options).of(ada)).toEqual(new Set(many));
    expect(state.most).toBe(4);
  });

  it('are asked for once by requests at one time, and again after some seconds', async () => {
    let time = 0;
    const { authorizer, asked } = cluster(['b']);
    const listable = listableNamespaces({ authorizer, namespaces, now: () => time });
    await Promise.all([listable.of(ada), listable.of({ ...ada })]);
    await listable.of(ada);
    expect(asked.filter((namespace) => namespace === 'b')).toHaveLength(1);
    time = 5_001;
    await listable.of(ada);
    expect(asked.filter((namespace) => namespace === 'b')).toHaveLength(2);
  });

  it('are each caller’s own: another group is another caller', async () => {
    const authorizer: Authorizer = {
      authorize: async ({ groups }, attributes) => ({
        allowed: groups.includes(`team-${(attributes as ResourceAttributes).namespace}`),
      }),
    };
    const listable = listableNamespaces({ authorizer, namespaces, now: () => 0 });
    expect(await listable.of(ada)).toEqual(new Set(['a']));
    expect(await listable.of({ name: 'ada', groups: ['team-b'] })).toEqual(new Set(['b']));
  });

  it('are unknown when one answer is missing: half a list would look like a whole one', async () => {
    const asked: string[] = [];
    const authorizer: Authorizer = {
      authorize: async (_, attributes) => {
        const { namespace = EVERYWHERE } = attributes as ResourceAttributes;
        asked.push(namespace);
        if (namespace === 'b') throw new AccessUnavailable('no answer');
        return { allowed: namespace !== EVERYWHERE };
      },
    };
    const listable = listableNamespaces({ authorizer, namespaces, now: () => 0, concurrency: 1 });
    await expect(listable.of(ada)).rejects.toBeInstanceOf(AccessUnavailable);
    expect(asked).not.toContain('c');
    await expect(listable.of(ada)).rejects.toBeInstanceOf(AccessUnavailable); // a failure is not kept
  });

  it('are unknown when the question about the whole cluster has no answer', async () => {
    const authorizer: Authorizer = { authorize: () => Promise.reject(new AccessUnavailable('no answer')) };
    const listable = listableNamespaces({ authorizer, namespaces, now: () => 0 });
    const both = [listable.of(ada), listable.of(ada)];
    for (const each of both) await expect(each).rejects.toBeInstanceOf(AccessUnavailable);
  });

  it('are all for Kite’s identity without a cluster, and none for a stranger', async () => {
    const authorizer = localAuthorizer(() => localGrants({ controllers: 'c', sources: [], kite: 'kite' }));
    const listable = listableNamespaces({ authorizer, namespaces, now: () => 0 });
    expect(await listable.of({ name: 'kite', groups: [] })).toBe('all');
    expect(await listable.of(ada)).toEqual(new Set());
  });
});

describe('a right in one namespace', () => {
  const { authorizer } = cluster(['a']);

  it('is had or not', async () => {
    expect(await mayOnIssues(authorizer, ada, { verb: 'list', namespace: 'a' })).toBe(true);
    expect(await mayOnIssues(authorizer, ada, { verb: 'list', namespace: 'b' })).toBe(false);
    expect(await mayOnIssues(authorizer, ada, { verb: 'get', namespace: 'a' })).toBe(false);
  });

  it('is refused in the words of Kubernetes', async () => {
    await expect(requireOnIssues(authorizer, ada, { verb: 'list', namespace: 'a' })).resolves.toBeUndefined();
    const refused = requireOnIssues(authorizer, ada, { verb: 'get', namespace: 'b', subresource: 'evidence' });
    await expect(refused).rejects.toThrow(
      'User "ada" cannot get resource "issues/evidence" in API group "faultline.dev" in the namespace "b"',
    );
    await expect(refused).rejects.toBeInstanceOf(RestError);
  });
});
