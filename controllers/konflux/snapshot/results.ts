import { identifier, records, text } from '../../index.ts';
import { timeText } from '../../pipelines/conditions.ts';

/** What integration-service notes of each scenario in the annotation `test.appstudio.openshift.io/status`. */
export interface TestResult {
  readonly scenario: string;
  readonly status: string;
  readonly details: string | undefined;
  readonly completedAt: string | undefined;
  readonly run: string | undefined;
  readonly optional: boolean;
}

export interface ResultText {
  readonly reason: string;
  /** Completes "Test smoke of payments on main …". */
  readonly phrase: string;
  readonly remedy: string;
}

/** The statuses of a test that is over and did not pass (integrationteststatus of integration-service). */
export const BAD: ReadonlyMap<string, ResultText> = new Map([
  ['TestFail', { reason: 'TestFailed', phrase: 'failed', remedy: 'See the PipelineRun of the test for what failed.' }],
  [
    'TestInvalid',
    {
      reason: 'TestInvalid',
      phrase: 'could not run',
      remedy: 'Correct what the message names in the IntegrationTestScenario or its pipeline, then run the test again.',
    },
  ],
  [
    'Deleted',
    {
      reason: 'TestRunDeleted',
      phrase: 'was deleted before it ended',
      remedy: 'Run the test again: label the Snapshot test.appstudio.openshift.io/run=<scenario>.',
    },
  ],
  [
    'EnvironmentProvisionError',
    {
      reason: 'EnvironmentProvisionError',
      phrase: 'got no environment to run in',
      remedy: 'See whether the environment that the scenario names can be provided.',
    },
  ],
  [
    'DeploymentError',
    {
      reason: 'DeploymentError',
      phrase: 'got nothing deployed to test',
      remedy: 'See the deployment of the Snapshot to the environment of the scenario.',
    },
  ],
  [
    'SnapshotCreationFailed',
    {
      reason: 'SnapshotCreationFailed',
      phrase: 'has no Snapshot to test',
      remedy: 'See the annotations of the build: its results IMAGE_URL, IMAGE_DIGEST and CHAINS-GIT_URL are needed.',
    },
  ],
  [
    'GroupSnapshotCreationFailed',
    {
      reason: 'GroupSnapshotCreationFailed',
      phrase: 'has no group Snapshot to test',
      remedy: 'See the builds of the other pull requests of the group: all of them are needed.',
    },
  ],
  [
    'BuildPLRFailed',
    { reason: 'BuildFailed', phrase: 'waits for a build that failed', remedy: 'Repair the build first.' },
  ],
]);

/** The test ran to its end, well or with a warning. */
const GOOD: ReadonlySet<string> = new Set(['TestPassed', 'TestWarning']);

/** Tests that are over. Of an annotation that cannot be read, none. */
export function testResults(annotation: unknown): readonly TestResult[] {
  return records(parse(annotation)).flatMap((entry) => {
    const scenario = identifier(entry.scenario);
    const status = text(entry.status);
    if (scenario === undefined || status === undefined || !(BAD.has(status) || GOOD.has(status))) return [];
    return [
      {
        scenario,
        status,
        details: text(entry.details),
        completedAt: timeText(entry.completionTime) ?? timeText(entry.lastUpdateTime),
        run: identifier(entry.testPipelineRunName),
        optional: entry.isOptionalScenario === true,
      },
    ];
  });
}

function parse(annotation: unknown): unknown {
  const json = text(annotation);
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** What the integration service says of the Snapshot as a whole; undefined while it is not over. */
export type SnapshotState =
  | { readonly kind: 'good'; readonly at: string | undefined }
  | {
      readonly kind: 'bad';
      readonly text: ResultText;
      readonly message: string | undefined;
      readonly at: string | undefined;
    };

export const INVALID: ResultText = {
  reason: 'SnapshotInvalid',
  phrase: 'is not valid',
  remedy: 'Correct what the message names, usually an image without a digest; the next build makes a new Snapshot.',
};

export const ERROR: ResultText = {
  reason: 'IntegrationError',
  phrase: 'could not be tested',
  remedy: 'See the message, and the log of the integration service.',
};

export const NOT_RELEASED: ResultText = {
  reason: 'AutoReleaseFailed',
  phrase: 'could not be released by itself',
  remedy: 'See the message; a Release can be made by hand once the cause is gone.',
};

export function snapshotState(conditions: readonly Readonly<Record<string, unknown>>[]): SnapshotState | undefined {
  const of = (...types: string[]) => conditions.find(({ type }) => types.includes(String(type)));
  const integration = of('AppStudioIntegrationStatus', 'HACBSIntegrationStatus');
  const released = of('AutoReleased');
  const tested = of('AppStudioTestSucceeded', 'HACBSStudioTestSucceeded');
  const bad = (found: Readonly<Record<string, unknown>>, said: ResultText): SnapshotState => ({
    kind: 'bad',
    text: said,
    message: text(found.message),
    at: timeText(found.lastTransitionTime),
  });
  if (integration?.status === 'False' && integration.reason === 'Invalid') return bad(integration, INVALID);
  if (integration?.reason === 'ErrorOccured' || integration?.reason === 'ErrorOccurred') return bad(integration, ERROR);
  if (released?.status === 'False') return bad(released, NOT_RELEASED);
  const over = released ?? tested ?? (integration?.reason === 'Finished' ? integration : undefined);
  return over === undefined ? undefined : { kind: 'good', at: timeText(over.lastTransitionTime) };
}
