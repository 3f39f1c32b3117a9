import type { ControllerExplanation, Explanation, ExplanationStatus } from '../../crds/explanation.ts';
import { API_VERSION } from '../../crds/names.ts';
import type { Asker } from '../reading/ask.ts';
import { Refusal } from '../reading/fault.ts';
import { doubtful, type Finding, ok, type Patient, unknown, wrong } from './finding.ts';

/** Kinds that built-in controllers watch; asked about is one that the caller may get, and the cluster has. */
const KINDS = [
  { group: 'tekton.dev', kind: 'PipelineRun' },
  { group: 'apps', kind: 'Deployment' },
  { group: '', kind: 'Pod' },
] as const;
/** No such object needs to exist: what is asked is who watches its kind here. */
const NAME = 'faultline-doctor';

const LOGS = 'kubectl -n faultline-system logs deployment/faultline-controllers';

/** Whether somebody looks at this namespace at all, as the controllers themselves say. */
export async function controllers({ asker, namespace }: Patient): Promise<readonly Finding[]> {
  const asked = await Promise.all(
    KINDS.map(async ({ group, kind }): Promise<ExplanationStatus | string> => {
      try {
        return await explanation(asker, { group, kind, namespace, name: NAME });
      } catch (error) {
        if (error instanceof Refusal) return error.message;
        throw error;
      }
    }),
  );
  const answers = asked.filter((each) => typeof each !== 'string');
  const refused = asked.filter((each) => typeof each === 'string');
  if (answers.length === 0)
    return [unknown('controllers', `they could not be asked (${refused[0] ?? 'nobody answered'})`)];
  return judge(answers, namespace);
}

async function explanation(asker: Asker, spec: Explanation['spec']): Promise<ExplanationStatus> {
  const body: Explanation = { apiVersion: API_VERSION, kind: 'Explanation', spec };
  return (await asker.json<{ status: ExplanationStatus }>(`/apis/${API_VERSION}/explanations`, { body })).body.status;
}

/** What the answers come to. Pure. */
export function judge(answers: readonly ExplanationStatus[], namespace: string): Finding[] {
  const processes = new Set(answers.flatMap((answer) => answer.processes));
  const silent = new Set(answers.flatMap((answer) => answer.silent));
  const all = answers.flatMap((answer) => answer.controllers);
  if (processes.size === 0 && silent.size === 0) {
    return [
      wrong(
        'controllers',
        'no controllers process is connected to the server: nobody looks at anything',
        `start them, or see why they do not report: ${LOGS}`,
      ),
    ];
  }
  const findings = complaints(all, [...silent], namespace);
  if (findings.length > 0) return findings;
  const names = unique(all.map(({ controller }) => controller));
  const count = processes.size === 1 ? 'one process' : `${processes.size} processes`;
  if (names.length > 0) return [ok('controllers', `${count} with ${names.join(', ')}`)];
  const kinds = unique(answers.map(({ resource }) => resource.kind)).join(', ');
  return [
    unknown('controllers', `${count}, and none of its controllers watches ${kinds}: ask about an object with explain`),
  ];
}

/** What is wrong with those that are there. */
function complaints(all: readonly ControllerExplanation[], silent: readonly string[], namespace: string): Finding[] {
  const findings: Finding[] = [];
  if (silent.length > 0) {
    const message = `these processes did not answer in time: ${silent.join(', ')}`;
    findings.push(doubtful('controllers', message, `try again; when they stay silent: ${LOGS}`));
  }
  const of = (verdict: ControllerExplanation['verdict']) =>
    unique(
      all.filter((each) => each.verdict === verdict).map(({ controller, message }) => `${controller}: ${message}`),
    );
  for (const message of of('NotListed')) {
    findings.push(wrong('controllers', message, 'faultline rbac -f faultline.yaml | kubectl apply -f -'));
  }
  for (const message of of('OutsideNamespaces')) {
    const fix = `add ${namespace} to namespaces: of faultline.yaml (docs/install.md), when its issues shall be found`;
    findings.push(doubtful('controllers', message, fix));
  }
  if (all.length > 0 && all.every(({ verdict }) => verdict === 'Standby' || verdict === 'OtherShard')) {
    findings.push(
      doubtful(
        'controllers',
        'only standbys answered: the one that leads did not',
        `look at who holds the Lease, and: ${LOGS}`,
      ),
    );
  }
  return findings;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
