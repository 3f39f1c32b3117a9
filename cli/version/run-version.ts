import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { oneLine } from '../../crds/text.ts';
import type { VersionOptions } from '../commands/version.ts';
import { EXIT, Failure } from '../exit.ts';
import { packageVersion } from '../package-info.ts';
import { Asker } from '../reading/ask.ts';
import { connectToRead } from '../reading/connect.ts';
import { whereIs } from '../reading/fault.ts';
import { objectText } from '../reading/print/object.ts';
import type { Streams } from '../streams.ts';
import { type ServerVersion, serverVersion, tooFarApart } from './server-version.ts';

/**
 * `faultline version`: answers the exit code, 1 with a line when a server that somebody configured does not say its
 * version: what is known of this program is printed all the same.
 */
export async function runVersion(options: VersionOptions, streams: Streams): Promise<number> {
  const { output } = options;
  const client = {
    version: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform}/${process.arch}`,
  };
  const server = options.client || !(await isConfigured(options, streams)) ? undefined : await ask(options, streams);
  const found = server !== undefined && 'version' in server ? server : undefined;
  const skew = found?.version.faultline === undefined ? false : tooFarApart(client.version, found.version.faultline);
  if (output !== 'text') {
    const { kubernetes, faultline } = found?.version ?? {};
    const said = { ...client, ...(found && { server: { faultline, kubernetes, at: found.at, tooFarApart: skew } }) };
    streams.out.write(await objectText(said, output));
  } else {
    streams.out.write(`faultline ${client.version} (Node.js ${client.node}, ${client.platform})\n`);
    if (found !== undefined) streams.out.write(`${serverLine(found)}\n`);
  }
  if (skew) {
    streams.err.write(
      `this faultline and that of the server are more than one minor version apart: use ${oneLine(found?.version.faultline ?? '', 64)}\n`,
    );
  }
  if (server === undefined || found !== undefined) return EXIT.ok;
  streams.err.write(`error: ${'fault' in server ? server.fault : ''}\n`);
  return EXIT.failure;
}

interface Found {
  readonly version: ServerVersion;
  readonly at: string;
}

async function ask(options: VersionOptions, streams: Streams): Promise<Found | { readonly fault: string }> {
  try {
    await using asker = new Asker(await connectToRead(options, streams), streams.signal);
    return { version: await serverVersion(asker), at: whereIs(asker.connection) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { fault: oneLine(error.message, 1_000) };
  }
}

function serverLine({ version: { faultline, kubernetes, direct }, at }: Found): string {
  const ours = faultline === undefined ? 'no Faultline that says its version' : `faultline ${faultline}`;
  const theirs = direct || kubernetes === undefined ? '' : `, Kubernetes ${kubernetes}`;
  return oneLine(`server: ${ours}${theirs} at ${at}`, 1_000);
}

/** Without any kubeconfig there is nobody to ask, and nothing wrong with that. */
async function isConfigured({ kubeconfig, context, server }: VersionOptions, { env }: Streams): Promise<boolean> {
  if (kubeconfig !== undefined || context !== undefined || server !== undefined) return true;
  if ((env.KUBECONFIG ?? '') !== '' || env.KUBERNETES_SERVICE_HOST !== undefined) return true;
  return await access(join(env.HOME ?? '~', '.kube', 'config')).then(
    () => true,
    () => false,
  );
}
