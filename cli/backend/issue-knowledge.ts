import {
  ApiError,
  type AttachmentDefinition,
  badRequest,
  type ResourceDefinition,
} from '../../apiserver/kube/index.ts';
import { issueEvidence } from '../../apiserver/resources/issue-evidence.ts';
import { issueHistory } from '../../apiserver/resources/issue-history.ts';
import { issueStatisticsResource } from '../../apiserver/resources/issuestatistics.ts';
import { RestError } from '../../apiserver/rest/errors.ts';
import { relativesOf, timelineOf } from '../../apiserver/rest/issue-routes.ts';
import { listableNamespaces } from '../../apiserver/rest/listable-namespaces.ts';
import { answerStatistics } from '../../apiserver/rest/statistics.ts';
import { GROUP } from '../../crds/names.ts';
import type { RestOptions } from './rest.ts';

type Knowing = Pick<RestOptions, 'store' | 'authorizer' | 'retention'>;

/** What is known beside an issue, as subresources. */
export function issueAttachments({ store, authorizer }: Knowing): AttachmentDefinition[] {
  const history = issueHistory(store, {
    timeline: (issue, user) => timelineOf(issue, { store, authorizer }, user),
    relatives: (issue, user) => relativesOf(issue, { store, authorizer }, user),
  });
  return [issueEvidence(store), ...history];
}

/** `issuestatistics`: the answer of `GET /api/v1/stats`, on the Kubernetes API. */
export function statisticsResource({ store, authorizer, retention }: Knowing): ResourceDefinition {
  const now = Date.now;
  const listable = listableNamespaces({ authorizer, namespaces: () => store.namespaces(), now });
  const options = { statistics: store, retention, listable, authorizer, now };
  return issueStatisticsResource(async ({ namespaces, types, subjects, ...span }, user) => {
    const parameters = {
      ...span,
      ...(namespaces && namespaces.length > 0 && { namespace: namespaces }),
      ...(types && types.length > 0 && { type: types }),
      ...(subjects && subjects.length > 0 && { subject: subjects }),
    };
    try {
      return await answerStatistics(parameters, user, options);
    } catch (error) {
      throw error instanceof RestError ? worded(error) : error;
    }
  });
}

/** A failure of /api/v1 in the words of Kubernetes. */
function worded({ status, message }: RestError): ApiError {
  if (status === 403) return new ApiError('Forbidden', message, { group: GROUP, kind: 'issues' });
  return badRequest(message);
}
