import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localNamespaces } from '../../../apiserver/ingest/index.ts';
import { createTestAuthority, type Issued, SERVER_AUTH } from '../../../apiserver/kube/access/testing/authority.ts';
import { configurationSchema } from '../../../crds/configuration.ts';
import { localAccess } from '../access.ts';
import { type Backend, type BackendOptions, openBackend } from '../backend.ts';

const NO_SOURCES: readonly string[] = [];

export interface ExampleBackend extends AsyncDisposable {
  readonly backend: Backend;
  readonly ca: string;
  /** Who may do everything. */
  readonly admin: Issued;
}

/** A whole server on PGlite, as a configuration makes it that says nothing; it is ready when this resolves. */
export async function exampleBackend(clusterId: string, more: Partial<BackendOptions> = {}): Promise<ExampleBackend> {
  const directory = await mkdtemp(join(tmpdir(), `faultline-${clusterId}-`));
  const authority = await createTestAuthority({ name: 'faultline-ca' });
  const ca = authority.cert;
  const admin = await authority.issue({ name: 'faultline-admin', organizations: ['system:masters'] });
  const { issues } = configurationSchema.validate({
    apiVersion: 'config.faultline.dev/v1alpha1',
    kind: 'FaultlineConfiguration',
  }).value;
  const silent = () => {};
  const backend = await openBackend({
    database: { embedded: join(directory, 'database') },
    clusterId,
    namespaces: localNamespaces(clusterId),
    access: localAccess({ ca, controllers: 'faultline-controllers', sources: () => NO_SOURCES, now: Date.now }),
    tls: await authority.issue({ name: 'faultline', hosts: ['127.0.0.1'], usages: [SERVER_AUTH] }),
    listen: { host: '127.0.0.1', port: 0 },
    issues,
    directory,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    ...more,
  });
  await backend.synced();
  return {
    backend,
    ca,
    admin,
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}
