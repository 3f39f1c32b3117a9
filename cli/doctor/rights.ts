import { GROUP } from '../../crds/names.ts';
import type { Asker } from '../reading/ask.ts';
import { Refusal } from '../reading/fault.ts';
import { doubtful, type Finding, ok, type Patient, unknown, wrong } from './finding.ts';

/** Whether whoever asks may list issues there; undefined namespace: everywhere. */
async function may(asker: Asker, verb: string, namespace: string | undefined, subresource?: string): Promise<boolean> {
  const resourceAttributes = {
    ...{ group: GROUP, resource: 'issues', verb },
    ...(namespace !== undefined && { namespace }),
    ...(subresource !== undefined && { subresource }),
  };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  return (await asker.json<{ status?: { allowed?: boolean } }>(path, { body })).body.status?.allowed === true;
}

export async function rights({ asker, namespace }: Patient): Promise<readonly Finding[]> {
  try {
    const [here, watches, evidence] = await Promise.all([
      may(asker, 'list', namespace),
      may(asker, 'watch', namespace),
      may(asker, 'get', namespace, 'evidence'),
    ]);
    if (!here || !watches) {
      return [
        wrong(
          'rights',
          `you may not ${here ? 'watch' : 'list'} issues in namespace ${namespace}`,
          `somebody with the right to does: kubectl create rolebinding see-issues -n ${namespace} --clusterrole=view --user=YOU`,
        ),
      ];
    }
    const found = ok('rights', `you may list and watch issues in namespace ${namespace}`);
    if (evidence) return [found];
    const message = `you may not read evidence in namespace ${namespace}: logs are left out`;
    const fix = `kubectl create rolebinding evidence -n ${namespace} --clusterrole=faultline-evidence --user=YOU`;
    return [found, doubtful('rights', message, fix)];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [unknown('rights', `the cluster does not say what you may (${error.message})`)];
  }
}
