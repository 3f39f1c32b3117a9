import { createClusterApi } from '../../apiserver/kube/access/index.ts';
import { connectCluster } from '../cluster/connection.ts';
import type { TrustedTasksOptions } from '../commands/trusted-tasks.ts';
import { EXIT } from '../exit.ts';
import { pullArtifact } from '../oci/artifact.ts';
import { credentialsIn } from '../oci/auth-file.ts';
import type { ArtifactReference } from '../oci/reference.ts';
import { objectText } from '../reading/print/object.ts';
import type { Streams } from '../streams.ts';
import { configMapOf, isRuleData, type Pulled } from './config-map.ts';

const FIELD_MANAGER = 'faultline-trusted-tasks';

/** `faultline trusted-tasks`: answers the exit code. Throws a Failure that names the artifact, or the cluster. */
export async function runTrustedTasks(options: TrustedTasksOptions, streams: Streams): Promise<number> {
  const { namespace, name, output } = options;
  const pulled = await Promise.all(options.references.map((reference) => pull(reference, options, streams)));
  const map = configMapOf(pulled, { namespace, name });
  if (!options.apply) {
    streams.out.write(await objectText(map, output));
    return EXIT.ok;
  }
  const connection = await connectCluster(options, streams);
  await using api = createClusterApi(connection);
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  await api.apply(path, map, { fieldManager: FIELD_MANAGER, signal: streams.signal });
  streams.out.write(
    `configmap/${name} in ${namespace} is that of ${pulled.map(({ artifact }) => artifact.digest).join(', ')}\n`,
  );
  return EXIT.ok;
}

async function pull(
  reference: ArtifactReference,
  { authFile }: TrustedTasksOptions,
  { env, signal }: Streams,
): Promise<Pulled> {
  const credentials =
    authFile === undefined
      ? { missing: 'name a file with credentials, --auth-file' }
      : await credentialsIn(authFile, reference);
  return { reference, artifact: await pullArtifact(reference, { credentials, env, signal, wants: isRuleData }) };
}
