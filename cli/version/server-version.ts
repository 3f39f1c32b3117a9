import { API_VERSION } from '../../crds/names.ts';
import type { Asker } from '../reading/ask.ts';
import { Refusal } from '../reading/fault.ts';

/** Who answers: the Kubernetes that is asked, and the Faultline behind it. */
export interface ServerVersion {
  /** `v1.34.4`. */
  readonly kubernetes: string | undefined;
  /** `0.1.0`; undefined: it could not be told. */
  readonly faultline: string | undefined;
  /** It is Faultline itself that is asked, without a kube-apiserver before it. */
  readonly direct: boolean;
}

/**
 * The version of Faultline is in its OpenAPI, which the aggregator passes on: whoever is known to the cluster may read it.
 * Rejects with a Failure of one line when nobody answers.
 */
export async function serverVersion(asker: Asker): Promise<ServerVersion> {
  const { body } = await asker.json<{ gitVersion?: string }>('/version');
  const { gitVersion = '' } = body;
  const kubernetes = gitVersion === '' ? undefined : gitVersion.replace(/\+faultline\..*$/, '');
  const own = versionIn(gitVersion);
  if (own !== undefined) return { kubernetes, faultline: own, direct: true };
  return { kubernetes, faultline: await behindAggregator(asker), direct: false };
}

/** Whether it is Faultline itself that is asked. Rejects with a Failure of one line when nobody answers. */
export async function isDirect(asker: Asker): Promise<boolean> {
  try {
    const { body } = await asker.json<{ gitVersion?: string }>('/version');
    return versionIn(body.gitVersion ?? '') !== undefined;
  } catch (error) {
    // Whoever may not be asked its version is a cluster.
    if (error instanceof Refusal && (error.status === 403 || error.status === 404)) return false;
    throw error;
  }
}

async function behindAggregator(asker: Asker): Promise<string | undefined> {
  try {
    const { body } = await asker.json<{ info?: { version?: string } }>(`/openapi/v3/apis/${API_VERSION}`);
    return versionIn(body.info?.version ?? '');
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function versionIn(gitVersion: string): string | undefined {
  return /\+faultline\.(.+)$/.exec(gitVersion)?.[1];
}

/** Whether two versions are so far apart that neither promises to understand the other: more than one minor version. */
export function tooFarApart(client: string, server: string): boolean {
  const [mine, theirs] = [client, server].map((version) => /^(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number));
  if (mine === undefined || theirs === undefined) return false;
  return mine[0] !== theirs[0] || Math.abs((mine[1] ?? 0) - (theirs[1] ?? 0)) > 1;
}
