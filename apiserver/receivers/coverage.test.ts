import { expect, it, vi } from 'vitest';
import { Coverage } from './coverage.ts';

it('says nothing of a database that went away with the server', async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  const log = { warn: vi.fn(), info: vi.fn(), error: vi.fn() };
  const coverage = new Coverage({ lead: () => promise }, log, 10);
  coverage.cover(new Map([['faultline.yaml', []]]));
  coverage[Symbol.dispose]();
  reject(new Error('the server is stopping'));
  await new Promise(setImmediate);
  expect(log.warn).not.toHaveBeenCalled();
});
