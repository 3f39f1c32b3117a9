/**
 * End-to-end tests run twice: on PostgreSQL all of them, then on PGlite (FAULTLINE_E2E_DATABASE=embedded) those in which the
 * database takes part. What is left out there, and why nothing is lost by it; a new file runs in both passes until it
 * stands here. That the two databases do the same is proven statement by statement by the contract suites
 * (`*.contract.ts`).
 */
export const NOT_AGAIN_ON_PGLITE: Readonly<Record<string, string>> = {
  'tests/e2e/up.e2e.test.ts': '`faultline up` has PGlite in either pass',
  'tests/e2e/ui.e2e.test.ts': 'the terminal UI, on `faultline up`, which has PGlite in either pass',
  'tests/e2e/aggregated.e2e.test.ts': 'every kubectl against what is listed from memory; on PGlite in up.e2e.test.ts',
  'tests/e2e/conformance.e2e.test.ts': 'the wire, compared with a custom resource: answered from memory',
  'tests/e2e/errors.e2e.test.ts': 'the wording of refusals, decided before a database is asked',
  'tests/e2e/access.e2e.test.ts': 'who asks and what they may: the cluster’s answers, no database',
  'tests/e2e/clients.e2e.test.ts':
    'how clients read the wire through crashes; what a crash of PGlite leaves is in faults, watch and own-resource',
  'tests/e2e/degraded.e2e.test.ts': 'an outage of the database: PGlite is part of the server',
  'tests/e2e/leadership.e2e.test.ts':
    'who leads is decided by Leases; epochs and fences on PGlite are in the unit tests of ingest',
  'tests/e2e/rbac.e2e.test.ts': 'what the printed rights allow is decided by the cluster, before anything is stored',
  'tests/e2e/rules.e2e.test.ts': 'rules are controllers: what they report is stored as any other report',
  'tests/e2e/rolling.e2e.test.ts': 'two servers on one database: PGlite belongs to one process',
  'tests/e2e/upgrade.e2e.test.ts': 'two servers on one database: PGlite belongs to one process',
  'tests/e2e/bad-days.e2e.test.ts': 'certificates and the cluster; the database’s bad days are those of PostgreSQL',
};
