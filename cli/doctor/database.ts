import type { Asker } from '../reading/ask.ts';
import { Refusal } from '../reading/fault.ts';
import { issuesPath } from '../reading/issues.ts';
import type { ApiService } from './api-service.ts';
import { type Finding, ok, type Patient, unknown, wrong } from './finding.ts';

const FIX =
  'look at PostgreSQL and at the Secret faultline-database; the log of the server says why it does not connect (docs/troubleshoot.md)';

/**
 * `/readyz/db` of the server: through the Service's proxy in a cluster. Who may not use that is answered by a list that is
 * consistent, which needs the database too.
 */
export async function database(patient: Patient, service: ApiService | undefined): Promise<readonly Finding[]> {
  const { asker, namespace, server } = patient;
  const path = server.direct ? '/readyz/db' : proxied(service);
  const answered = path === undefined ? undefined : await readyz(asker, path);
  if (answered !== undefined) return [answered];
  try {
    await asker.json(`${issuesPath(namespace)}?limit=1`);
    return [ok('database', 'it answered a list that needs it')];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 503 || error.status === 504) return [wrong('database', `lists fail: ${error.message}`, FIX)];
    return [unknown('database', `it could not be looked at (${error.message})`)];
  }
}

function proxied(apiService: ApiService | undefined): string | undefined {
  const service = apiService?.spec?.service;
  if (service === undefined) return undefined;
  return `/api/v1/namespaces/${service.namespace}/services/https:${service.name}:${service.port ?? 443}/proxy/readyz/db`;
}

/** Undefined: who asks may not, or nobody passed the question on. */
async function readyz(asker: Asker, path: string): Promise<Finding | undefined> {
  try {
    (await asker.open(path)).resume();
    return ok('database', 'it answers (/readyz/db)');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // The server's own no is a 500 with the checks as text.
    return error.status === 500 && error.message.includes('db failed')
      ? wrong('database', 'it does not answer (/readyz/db): what is served is what was known before', FIX)
      : undefined;
  }
}
