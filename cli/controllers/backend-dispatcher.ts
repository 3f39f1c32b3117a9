import { isIP } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { readSecret } from '../secret-file.ts';

/** Files in PEM; what is left out is Node's own. */
export interface TlsFiles {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/**
 * Connections to the server. The files are read now, so that a wrong path is told at once, and again for every new
 * connection: cert-manager replaces them while this process runs, and an authority read once would end all reports on
 * the day of its renewal.
 */
export async function backendDispatcher(files: TlsFiles): Promise<Dispatcher> {
  await readAll(files);
  return agent(files, (options) => options);
}

/** Connections to this place, whatever the URL says; the certificate has to be that of the URL's host. */
export function connectingTo(place: { readonly address: string; readonly port: string }, files: TlsFiles): Dispatcher {
  return agent(files, (options) => ({
    ...options,
    hostname: place.address,
    ...(place.port !== '' && { port: place.port }),
    servername: options.servername ?? (isIP(options.hostname) === 0 ? options.hostname : ''),
  }));
}

function agent(files: TlsFiles, place: (options: buildConnector.Options) => buildConnector.Options): Agent {
  return new Agent({
    connect(options, callback) {
      readAll(files).then(
        (tls) => buildConnector(tls)(place(options), callback),
        (error: Error) => callback(error, null),
      );
    },
  });
}

async function readAll({ caFile, certFile, keyFile }: TlsFiles): Promise<{ ca?: string; cert?: string; key?: string }> {
  return {
    ...(caFile === undefined ? {} : { ca: await readSecret(caFile) }),
    ...(certFile === undefined ? {} : { cert: await readSecret(certFile) }),
    ...(keyFile === undefined ? {} : { key: await readSecret(keyFile) }),
  };
}
