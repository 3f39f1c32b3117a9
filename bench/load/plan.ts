import type { Report } from '../../crds/report.ts';

/**
 * Reports as a busy cluster sends them, from numbers alone: the same number is always the same subject, so that
 * processes agree without sending anything to each other.
 */
export interface ReportPlan {
  readonly namespaces: readonly string[];
  /** Number of the first subject, and how many follow. Subject n lives in namespace n mod namespaces. */
  readonly first: number;
  readonly count: number;
  /** ms since 1970: when the runs completed. A later pass over the same subjects needs a later time. */
  readonly completedAt: number;
  /** Changes title, description and observed run of every report. */
  readonly pass: number;
}

export const SOURCE = 'bench';

/** All reports of a plan, in order. */
export function* reportsOf(plan: ReportPlan): Generator<Report> {
  for (let index = plan.first; index < plan.first + plan.count; index++) yield reportAt(plan, index);
}

const SEVERITIES = ['critical', 'major', 'minor', 'info'] as const;
const FAILURES = [
  { task: 'build-container', step: 'build', reason: 'TaskRunFailed', exit: 1 },
  { task: 'prefetch-dependencies', step: 'prefetch', reason: 'TaskRunFailed', exit: 3 },
  { task: 'sast-snyk-check', step: 'sast-check', reason: 'TaskRunTimeout', exit: 137 },
  { task: 'clair-scan', step: 'get-vulnerabilities', reason: 'TaskRunImagePullFailed', exit: 125 },
] as const;

/** A failed build of component n: 2.5 KB as a served issue, between the medians of the example and the recorded clusters. */
function reportAt(plan: ReportPlan, index: number): Report {
  const namespace = plan.namespaces[index % plan.namespaces.length] as string;
  const component = `service-${String(index).padStart(6, '0')}`;
  const application = `shop-${index % 97}`;
  const run = `${component}-on-push-${(index * 7919 + plan.pass * 104_729).toString(36)}`;
  const uid = uidOf(index, plan.pass);
  const completedAt = new Date(plan.completedAt).toISOString();
  return {
    source: SOURCE,
    namespace,
    subject: {
      apiVersion: 'appstudio.redhat.com/v1alpha1',
      kind: 'Component',
      namespace,
      name: component,
      aspect: 'build/push/main',
    },
    order: {
      class: 'run',
      completedAt,
      createdAt: new Date(plan.completedAt - 400_000).toISOString(),
      uid,
      detail: 12,
      epoch: 1,
      sequence: index + 1,
    },
    observed: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: run, uid },
    body: { complete: true, findings: [finding({ namespace, component, application, run, index, pass: plan.pass })] },
  };
}

interface Facts {
  readonly namespace: string;
  readonly component: string;
  readonly application: string;
  readonly run: string;
  readonly index: number;
  readonly pass: number;
}

function finding(facts: Facts): Extract<Report['body'], { complete: true }>['findings'][number] {
  const { namespace, component, application, run, index, pass } = facts;
  const failure = FAILURES[(index + pass) % FAILURES.length] as (typeof FAILURES)[number];
  const commit = uidOf(index + 1, pass).replaceAll('-', '');
  const console = `https://console.example.com/ns/${namespace}/pipelinerun/${run}`;
  return {
    key: 'run',
    type: 'build',
    severity: SEVERITIES[index % SEVERITIES.length] as (typeof SEVERITIES)[number],
    reason: failure.reason,
    title: `Build of ${component} on main fails in ${failure.task} (exit code ${failure.exit}, attempt ${pass})`,
    description: describe(facts, failure),
    links: [
      { rel: 'console', title: 'PipelineRun', url: console },
      { rel: 'log', title: `Log of ${failure.task}`, url: `${console}/logs?task=${failure.task}&step=${failure.step}` },
      {
        rel: 'commit',
        title: commit.slice(0, 8),
        url: `https://git.example.com/${application}/${component}/commit/${commit}`,
      },
    ],
    labels: {
      'faultline.dev/component': component,
      'faultline.dev/application': application,
      'faultline.dev/stage': 'releasable',
    },
    remediation: {
      text: `Open the log of ${failure.task}, step ${failure.step}; if it is the base image, rebuild with a pinned digest.`,
      url: `https://docs.example.com/builds/${failure.reason}`,
    },
  };
}

function describe({ run, index, pass }: Facts, failure: (typeof FAILURES)[number]): string {
  const log = Array.from(
    { length: 3 },
    (_, line) =>
      `#${12 + line} ${(0.8 + line * 1.7).toFixed(3)} error: target ${(index * 31 + line + pass) % 4096}: ` +
      `/workspace/source/src/module-${(index + line) % 211}/handler.go:${17 + line * 3}: undefined: newClient`,
  );
  return [
    `PipelineRun ${run} failed: task ${failure.task}, step ${failure.step}, exit code ${failure.exit}.`,
    'Tasks Completed: 11 (Failed: 1, Cancelled 0), Skipped: 4',
    '',
    ...log,
  ].join('\n');
}

/** A v4-shaped uid out of two numbers. */
function uidOf(index: number, pass: number): string {
  const hex = (seed: number): string =>
    (Math.imul(seed ^ (pass * 0x9e37), 0x85ebca6b) >>> 0).toString(16).padStart(8, '0');
  const [a, b, c, d] = [hex(index + 1), hex(index + 7_001), hex(index + 90_001), hex(index + 500_009)] as const;
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
}
