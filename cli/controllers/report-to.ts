import type { BackendOptions } from '../../controllers/runtime/index.ts';
import { Remembered } from '../cluster/connection.ts';
import type { ControllersOptions } from '../commands/controllers.ts';
import { readSecret } from '../secret-file.ts';
import { backendDispatcher } from './backend-dispatcher.ts';
import { serverReplicas } from './server-replicas.ts';

export type ReportToOptions = Pick<
  ControllersOptions,
  'server' | 'serverReplicas' | 'serverCaFile' | 'tokenFile' | 'clientCertFile' | 'clientKeyFile'
>;

/** The server that controllers report to, as the flags say. Rejects with a Failure when a file cannot be read. */
export async function reportTo(options: ReportToOptions): Promise<BackendOptions> {
  const { server, serverReplicas: name, serverCaFile, tokenFile, clientCertFile, clientKeyFile } = options;
  const files = { caFile: serverCaFile, certFile: clientCertFile, keyFile: clientKeyFile };
  if (tokenFile !== undefined) await readSecret(tokenFile);
  // Kept for ten seconds: four steps through the file system before each report would be a part of what it takes.
  const token = new Remembered(async () => ({ authorization: `Bearer ${await readSecret(tokenFile ?? '')}` }));
  return {
    url: server,
    dispatcher: await backendDispatcher(files),
    ...(name !== undefined && { replicas: serverReplicas(name, files) }),
    ...(tokenFile === undefined ? {} : { headers: () => token.get(), renew: () => token.forget() }),
  };
}
