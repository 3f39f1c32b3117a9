import { join } from 'node:path';
import { expectDeterministic, expectGolden, expectTotal, loadFixture, observeFixture } from 'faultline/testing';
import { test } from 'vitest';
import certificate from './certificate.ts';

/** What tests of a controller look like, with any test runner. */
const folder = import.meta.dirname;
const objects = await loadFixture(join(folder, '../cluster/platform/certificates.yaml'));
const setup = { now: '2026-11-21T00:00:00Z' };

test('says of the example cluster what is in certificate.golden.yaml', async () => {
  await expectGolden(join(folder, 'certificate.golden.yaml'), await observeFixture(certificate, objects, setup));
});

test('answers whatever is missing or wrong in an object', async () => {
  await expectTotal(certificate, objects, setup);
  const url = new URL('../npm/faultline-plugin-certificates/index.js', import.meta.url);
  const packaged = (await import(url.href)) as { default: typeof certificate };
  await expectTotal(packaged.default, objects, { ...setup, cases: 300 });
});

test('says the same each time', async () => {
  await expectDeterministic(certificate, objects, setup);
});
