import { expect, test } from 'vitest';
import { OPERATIONS } from '../../apiserver/rest/openapi/operations.ts';
import { restRoutes } from './rest.ts';

/** As OpenAPI writes them; what answers GET answers HEAD, and nobody documents that. */
function served(): string[] {
  return restRoutes({} as never)
    .flatMap(({ router }) => router.stack)
    .flatMap(({ methods, path }) =>
      methods
        .filter((method) => method !== 'HEAD')
        .map((method) => `${method} ${`${path}`.replace(/:(\w+)/g, '{$1}')}`),
    );
}

test('every route of /api/v1 is documented, and what is documented is served', () => {
  const documented = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  // What is missing: an Operation in the file beside the routes, listed in apiserver/rest/openapi/operations.ts.
  expect(served().toSorted()).toEqual(documented.toSorted());
  expect(served().length).toBeGreaterThan(3);
});
