import type Router from '@koa/router';
import type { Context } from 'koa';
import type { ObservedObject } from '../../../crds/issue.ts';
import { UUID } from '../../../crds/names.ts';
import type { Finding } from '../../../crds/report.ts';
import type { StoredIssue } from '../../store/store.ts';
import { answerJson } from '../answer-json.ts';
import { kiteIssue, UNRELATED } from './issue-json.ts';
import { askedBy } from './reader.ts';
import { Fields, type RequestLink, requireSeverity } from './requests.ts';
import { subjectOf } from './scope.ts';
import type { KiteTools } from './tools.ts';
import { linksOf, type Said } from './writer.ts';

const MISSING = 'Missing required fields';
const LOGS_URL = 'https://konflux.dev/logs/pipelineruns/';

/** Kite's five webhooks. A failure is a look at one key of a scope; a success is one at all of it, and nothing is wrong. */
export function webhookRoutes(router: Router, tools: KiteTools): void {
  const failures = {
    'pipeline-failure': pipelineFailure,
    'release-failure': releaseFailure,
    'mintmaker-custom': mintmaker,
  };
  for (const [name, read] of Object.entries(failures)) {
    router.post(`/webhooks/${name}`, async (ctx) => {
      const body = await tools.body(ctx);
      const { user } = askedBy(ctx, body);
      const said = read(body, tools);
      if (!said) return answerJson(ctx, { info: 'No logs provided, no issue created' });
      const { issues, cells } = await tools.writer.report([said], user);
      const [issue] = issues as [StoredIssue];
      // An issue that was just opened has no relations, and nobody needs to be asked.
      const related = cells[0] === '6A' ? UNRELATED : await tools.reader.related([issue.id], user);
      ctx.status = 201;
      answerJson(ctx, { issue: kiteIssue(issue, related, { links: false }), status: 'success' });
    });
  }
  for (const success of SUCCESSES) {
    router.post(`/webhooks/${success.name}`, async (ctx) => {
      const body = await tools.body(ctx);
      const { user } = askedBy(ctx, body);
      answerJson(ctx, { message: await resolveScope(body, success, tools, user), status: 'success' });
    });
  }
}

interface Success {
  readonly name: string;
  readonly struct: string;
  readonly field: string;
  readonly resourceType: string;
  readonly what: string;
}

const SUCCESSES: readonly Success[] = [
  {
    ...{ name: 'pipeline-success', struct: 'PipelineSuccessRequest', field: 'pipelineName' },
    ...{ resourceType: 'pipelinerun', what: 'pipeline' },
  },
  {
    ...{ name: 'release-success', struct: 'ReleaseSuccessRequest', field: 'application' },
    ...{ resourceType: 'application', what: 'application' },
  },
];

async function resolveScope(
  body: unknown,
  { struct, field, resourceType, what }: Success,
  { writer }: KiteTools,
  user: Context['state']['user'],
): Promise<string> {
  const fields = new Fields(body, struct, MISSING);
  fields.require(field, 'namespace');
  fields.done();
  const namespace = fields.text('namespace');
  const resourceName = fields.text(field);
  const subject = subjectOf({ resourceType, resourceName, resourceNamespace: namespace });
  const { cells } = await writer.report([{ namespace, subject, body: { complete: true, findings: [] } }], user);
  return `Resolved ${cells.filter((cell) => cell === '4B').length} issue(s) for ${what} ${resourceName}`;
}

function pipelineFailure(body: unknown, tools: KiteTools): Said {
  const fields = new Fields(body, 'PipelineFailureRequest', MISSING);
  fields.require('pipelineName', 'namespace', 'failureReason');
  const [runId, logsUrl, severity] = [fields.text('runId'), fields.text('logsUrl'), fields.text('severity')];
  fields.done();
  const name = fields.text('pipelineName');
  const where = tools.options.logsUrl ?? LOGS_URL;
  const logs = { title: 'Pipeline Run Logs', url: logsUrl || `${where}${encodeURIComponent(runId)}` };
  return failure(tools, {
    ...{ namespace: fields.text('namespace'), resourceType: 'pipelinerun', resourceName: name, links: [logs] },
    ...(runId !== '' && { observed: observedRun(name, runId) }),
    finding: {
      ...{ key: 'pipeline', type: 'pipeline', reason: 'PipelineRunFailed' },
      severity: severity === '' ? 'major' : requireSeverity(severity, tools.onMapped),
      title: `Pipeline run failed: ${name}`,
      description: `The pipeline run ${name} failed with reason: ${fields.text('failureReason')}`,
    },
  });
}

/** Kite's operator names a run by its uid, others by its name. */
function observedRun(pipeline: string, runId: string): ObservedObject {
  const run = UUID.test(runId) ? { name: pipeline, uid: runId } : { name: runId, uid: '' };
  return { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', ...run };
}

function releaseFailure(body: unknown, tools: KiteTools): Said {
  const fields = new Fields(body, 'ReleaseFailureRequest', MISSING);
  fields.require('application', 'namespace', 'failurePhase', 'release');
  const url = fields.text('pipelineRunUrl');
  fields.done();
  const application = fields.text('application');
  const phase = `The release failed in phase: ${fields.text('failurePhase')}`;
  return failure(tools, {
    ...{ namespace: fields.text('namespace'), resourceType: 'application', resourceName: application, links: [] },
    observed: {
      ...{ apiVersion: 'appstudio.redhat.com/v1alpha1', kind: 'Release', name: fields.text('release'), uid: '' },
    },
    finding: {
      ...{ key: 'release', type: 'release', reason: 'ReleaseFailed', severity: 'major' },
      title: `Release ${fields.text('release')} failed for application ${application}`,
      description: url === '' ? phase : `${phase}. Link to logs: ${url}`,
    },
  });
}

const DOCS: readonly RequestLink[] = [
  { title: 'Mintmaker docs', url: 'https://konflux-ci.dev/docs/mintmaker/user/' },
  { title: 'Renovate docs', url: 'https://docs.renovatebot.com/configuration-options/' },
];

/** Undefined when there is nothing to say. */
function mintmaker(body: unknown, tools: KiteTools): Said | undefined {
  const fields = new Fields(body, 'MintmakerRequest', MISSING);
  fields.require('pipelineId', 'namespace', 'type');
  const logs = fields.texts('logs');
  fields.done();
  if (logs.length === 0) return undefined;
  const [id, type] = [fields.text('pipelineId'), fields.text('type')];
  return failure(tools, {
    ...{ namespace: fields.text('namespace'), resourceType: `mintmaker-${type}`, resourceName: id, links: DOCS },
    finding: {
      ...{ key: 'dependency', type: 'dependency', reason: 'MintmakerLog' },
      severity: type === 'error' ? 'major' : type === 'warning' ? 'minor' : 'info',
      title: `Mintmaker ${type}(${logs.length}): ${id}`,
      description: logs.join('\n--------------------------------\n'),
    },
  });
}

interface Failure {
  readonly namespace: string;
  readonly resourceType: string;
  readonly resourceName: string;
  readonly observed?: ObservedObject;
  readonly links: readonly RequestLink[];
  readonly finding: Finding;
}

/** Says nothing about other findings of the same scope. */
function failure(tools: KiteTools, { namespace, resourceType, resourceName, observed, links, finding }: Failure): Said {
  const shown = linksOf(links, tools.onRefusedLink);
  return {
    namespace,
    subject: subjectOf({ resourceType, resourceName, resourceNamespace: namespace }),
    ...(observed && { observed }),
    body: { complete: false, findings: [{ ...finding, ...(shown.length > 0 && { links: shown }) }] },
  };
}
