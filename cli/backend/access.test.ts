import { expect, it } from 'vitest';
import { createTestAuthority } from '../../apiserver/kube/access/testing/authority.ts';
import { fakeRequest } from '../../apiserver/kube/access/testing/fake-request.ts';
import { localAccess } from './access.ts';

const NO_SOURCES: readonly string[] = [];

async function outcomeOf(...headers: string[]): Promise<string> {
  const { cert: ca } = await createTestAuthority({ name: 'local' });
  await using access = localAccess({
    ca,
    controllers: 'faultline-controllers',
    sources: () => NO_SOURCES,
    now: Date.now,
  });
  const { outcome } = await access.authenticator.authenticate(fakeRequest(...headers));
  return outcome;
}

it('A6 on a laptop, where nobody knows tokens, each is a wrong one and not a stranger’s request', async () => {
  expect(await outcomeOf('Authorization', 'Bearer x')).toBe('invalid');
  expect(await outcomeOf()).toBe('user');
});
