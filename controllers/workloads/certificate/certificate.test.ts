import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, observed, stripped, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import controller from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "chain": "major CertificateExpiring (certificate): Certificate Intermediate in Secret chain ends on 2026-11-24",
      "empty": "undecided: NoCertificate",
      "expired": "critical CertificateExpired (certificate): Certificate old.example.com in Secret expired has expired",
      "expiring": "major CertificateExpiring (certificate): Certificate pay.example.com in Secret expiring ends on 2026-11-30",
      "garbage": "minor CertificateInvalid (certificate): Secret garbage holds no valid certificate",
      "password": "undecided: OtherType",
      "short-lived": "healthy, again in 43200 s",
      "valid": "healthy, again in 2160000 s",
    }
  `);
});

test('of a Secret nothing is kept but its certificate, and of another type not even that is looked at', () => {
  const key = Buffer.from('not a key\n').toString('base64');
  expect(JSON.stringify(recorded)).toContain(key);
  const kept = stripped(subjectOf(controller).definition, recorded) as unknown as { data: object }[];
  expect(JSON.stringify(kept)).not.toContain(key);
  expect(new Set(kept.flatMap(({ data }) => Object.keys(data)))).toEqual(new Set(['tls.crt']));
  expect(controller.watches).toMatchObject({ fieldSelector: 'type=kubernetes.io/tls' });
});

test('a certificate is looked at again when it comes into its last days, and when it ends', async () => {
  const subject = subjectOf(controller);
  const [valid, expiring] = stripped(subjectOf(controller).definition, recorded);
  const day = 86_400_000;
  expect(await observed(subject, valid as never, [])).toMatchObject({ again: 25 * day, findings: [] });
  expect(await observed(subject, expiring as never, [])).toMatchObject({
    again: 9 * day,
    findings: [{ dueAt: '2026-11-30T00:00:00.000Z', description: 'Made by cert-manager for the Certificate pay.' }],
  });
});

controllerContract(subjectOf(controller), recorded);
