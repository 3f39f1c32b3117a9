import {
  type CataloguedFinding,
  type DeepReadonly,
  defineTemplate,
  type ObjectLike,
  oneLine,
  type Read,
  type Severity,
  undecided,
  type Verdict,
} from '../index.ts';
import { isOutdated } from '../states/metadata.ts';
import { observationOf } from '../states/observation.ts';
import { Timing } from '../states/timing.ts';
import { judge } from './judge.ts';
import { expand, type Options, optionsSchema } from './options.ts';
import { FAMILIES_OF_PRESETS, PRESETS, type Preset } from './presets.ts';

const ANY: readonly Severity[] = ['critical', 'major', 'minor', 'info'];
/** Those of the presets; the option `type` may say any other. */
const TYPES = ['workload', 'release', 'security'];

const CATALOGUE: readonly CataloguedFinding[] = [
  {
    reason: '*',
    key: 'condition/<type>',
    type: TYPES,
    severity: ANY,
    meaning:
      'A condition is what a rule of `conditions` calls bad, for longer than its `for`; the reason is the own one of the condition.',
  },
  {
    reason: '*',
    key: 'state/<field>',
    type: TYPES,
    severity: ANY,
    meaning: 'A word of the status is what a rule of `states` calls bad; the reason is that word.',
  },
  {
    reason: 'ConditionNotMet',
    key: 'condition/<type>',
    type: TYPES,
    severity: ANY,
    meaning: 'The same of a condition that has no reason, or one that is no word.',
  },
  {
    reason: 'StuckTerminating',
    key: 'termination',
    type: TYPES,
    severity: 'minor',
    meaning: 'The object was deleted and is still there after `terminatingFor`: its finalizers are not done.',
    remedy: 'See what the controller that owns the finalizers says.',
  },
];

/** Any kind whose status follows the conditions convention (docs/controllers/conditions.md). */
export default defineTemplate<Options>({
  apiVersion: 'controller/v1',
  options: optionsSchema,
  documentation: {
    summary:
      'Any kind whose status follows the conditions convention, by configuration alone; with presets for Argo CD, cert-manager, Cluster API, Crossplane, Flux and Knative.',
    findings: CATALOGUE,
    details: presetsTable(),
  },
  expand,
  create: ({ apiVersion, kind, states }) => ({
    apiVersion: 'controller/v1',
    watches: {
      apiVersion,
      kind,
      fields: [
        'metadata.finalizers',
        'status.observedGeneration',
        ...['reason', 'message', 'severity', 'observedGeneration'].map((name) => `status.conditions.${name}`),
        ...states.flatMap(({ field, since, message }) => [field, since, message].filter((path) => path !== undefined)),
      ],
    },
    order: 'state',
    onDelete: 'resolve',
    observe,
  }),
});

function observe(object: DeepReadonly<ObjectLike>, read: Read, options: Options): Verdict {
  const timing = new Timing(read);
  if (object.metadata.deletionTimestamp !== undefined) return terminating(object, options, timing);
  // Its controller has not seen what is wanted now: nothing of the status is about that.
  if (isOutdated(object)) return undecided('StatusOutdated');
  const { findings, undecided: reason } = judge(object, options, timing);
  if (findings.length === 0 && reason !== undefined) return undecided(reason, timing.again);
  return observationOf(object, findings, timing, { findings: {} });
}

function terminating(object: DeepReadonly<ObjectLike>, { terminatingFor, type }: Options, timing: Timing): Verdict {
  const since = timing.at(object.metadata.deletionTimestamp);
  if (since === undefined || !timing.lasts(since, terminatingFor)) return undecided('Terminating', timing.again);
  const finalizers = (object.metadata as { finalizers?: unknown }).finalizers;
  const named = (Array.isArray(finalizers) ? finalizers : []).filter((name) => typeof name === 'string').slice(0, 10);
  const { kind, metadata } = object;
  const finding = {
    key: 'termination',
    type,
    severity: 'minor' as const,
    reason: 'StuckTerminating',
    title: oneLine(`${kind} ${metadata.name} does not terminate`, 200),
    ...(named.length === 0 ? {} : { description: oneLine(`Finalizers: ${named.join(', ')}`.slice(0, 8_000), 2_000) }),
    remediation: { text: 'See what the controller that owns the finalizers says.' },
  };
  return observationOf(object, [finding], timing, { findings: {} });
}

/** For the page. */
function presetsTable(): string {
  const rows = Object.entries(PRESETS as Readonly<Record<string, Preset>>).map(
    ([name, { about, apiVersion, kind }]) => {
      const of = kind === undefined ? 'any' : `${kind} (${(apiVersion ?? []).map((one) => `\`${one}\``).join(', ')})`;
      return `| \`${name}\` | ${of} | ${about} |`;
    },
  );
  const families = [...FAMILIES_OF_PRESETS].map(
    ([name, members]) =>
      `| \`${name}\` | several | ${Object.values(members)
        .map((one) => `\`${one}\``)
        .join(', ')}, each a controller of its own. |`,
  );
  return ['## Presets', '', '| preset | kind | what for |', '| --- | --- | --- |', ...families, ...rows].join('\n');
}
