import type { Engine } from '../../apiserver/ingest/index.ts';
import { docsEndpoints } from '../../apiserver/rest/docs.ts';
import { reportRoutes } from '../../apiserver/rest/reports.ts';
import type { RestRoutes } from '../../apiserver/rest/routes.ts';
import type { ServerOptions } from '../../apiserver/server.ts';
import { packageVersion } from '../package-info.ts';

export interface RestOptions {
  readonly engine: Engine;
}

/** All of `/api/v1`. Each has its operations in apiserver/rest/openapi/operations.ts; a test compares. */
export function restRoutes({ engine }: RestOptions): RestRoutes[] {
  return [reportRoutes(engine)];
}

/** What a server answers besides the Kubernetes API. */
export function restMiddleware(options: RestOptions): NonNullable<ServerOptions['rest']> {
  return [...restRoutes(options), docsEndpoints({ version: packageVersion() })];
}
