/**
 * What the author of a resource imports, as `faultline/apiserver` (docs/write-a-resource.md), and the Kubernetes wire for
 * those who build a server of their own on it.
 */
export * from './kube/access/index.ts';
export * from './kube/index.ts';
export { pollTable, type TableDatabase, type TableFeed, type TableRow } from './resources/own/table.ts';
export {
  type ApiServer,
  createServer,
  type ListenAddress,
  type Logger,
  type ServerOptions,
  type ServingCertificate,
  type ShutdownOptions,
} from './server.ts';
export { type ForeignDatabase, type ForeignDatabaseOptions, openPostgresql } from './store/table-database.ts';
