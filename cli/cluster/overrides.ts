import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ConnectionFlags, timeoutMs } from '../commands/kubeconfig-flags.ts';
import { Failure } from '../exit.ts';
import type { ClusterConnection } from './connection.ts';
import { impersonationHeaders } from './impersonation.ts';

/** The connection of a kubeconfig, with what the flags say instead. Files are relative to `directory`. */
export async function overridden(
  connection: ClusterConnection,
  flags: ConnectionFlags,
  directory: string,
): Promise<ClusterConnection> {
  const { server, token, as, asGroup, asUid, insecureSkipTlsVerify, tlsServerName, requestTimeout } = flags;
  const file = (name: string | undefined, flag: string) => material(name, flag, directory);
  const [ca, cert, key] = await Promise.all([
    file(flags.certificateAuthority, '--certificate-authority'),
    file(flags.clientCertificate, '--client-certificate'),
    file(flags.clientKey, '--client-key'),
  ]);
  const someoneElse = token !== undefined || cert !== undefined;
  const changesTls = someoneElse || ca !== undefined || insecureSkipTlsVerify === true;
  const { renew, tls, cert: ownCert, key: ownKey, ca: ownCa, skipTlsVerify, serverName, ...rest } = connection;
  const trusted = insecureSkipTlsVerify ? undefined : (ca ?? ownCa);
  const timeout = requestTimeout === undefined ? undefined : timeoutMs(requestTimeout);
  const skip = insecureSkipTlsVerify ?? (ca === undefined ? skipTlsVerify : undefined);
  const name = tlsServerName ?? (server === undefined ? serverName : undefined);
  return {
    ...rest,
    ...(server !== undefined && { server: server.replace(/\/+$/, '') }),
    ...(trusted && { ca: trusted }),
    ...(someoneElse ? cert && key && { cert, key } : ownCert && ownKey && { cert: ownCert, key: ownKey }),
    ...(tls !== undefined && !changesTls && { tls }),
    ...(skip && { skipTlsVerify: true }),
    ...(name !== undefined && { serverName: name }),
    ...(renew !== undefined && !someoneElse && { renew }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
    headers: async () => ({
      ...(token !== undefined
        ? { authorization: `Bearer ${token}` }
        : cert === undefined
          ? await connection.headers()
          : {}),
      ...(as !== undefined && impersonationHeaders({ user: as, groups: asGroup, uid: asUid })),
    }),
  };
}

async function material(name: string | undefined, flag: string, directory: string): Promise<Buffer | undefined> {
  if (name === undefined) return undefined;
  try {
    return await readFile(resolve(directory, name));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Failure(`${flag}: cannot read ${name}: ${code === 'ENOENT' ? 'no such file' : code}`, { cause });
  }
}

/** Whether the flags say enough to need no kubeconfig, as with kubectl. */
export function needsNoKubeconfig({ kubeconfig, context, server }: ConnectionFlags): boolean {
  return server !== undefined && kubeconfig === undefined && context === undefined;
}
