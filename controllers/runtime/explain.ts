import { cellMeaning } from '../../crds/cells.ts';
import type {
  ControllerExplanation,
  ExplanationVerdict,
  ObjectReference,
  ReportNote,
  ReportState,
} from '../../crds/explanation.ts';
import { groupOf } from '../../crds/meta.ts';
import { pluralOf } from '../../crds/plural.ts';
import type { Informer } from './informer.ts';
import { parseLabelSelector } from './label-selector.ts';
import type { LedgerEntry, Outcome } from './ledger.ts';
import type { LoadedController } from './loader.ts';
import { NamespaceFilter } from './namespaces.ts';
import type { RelatedKind } from './related.ts';
import { isFinished } from './run-times.ts';

/** What one controller knows of one object, in words (docs/explain.md): "why is there no issue for this?" */

export interface ExplainContext {
  readonly controller: LoadedController;
  /** The manager's. */
  readonly namespaces: readonly string[];
  readonly primary: Informer;
  readonly reads: readonly RelatedKind[];
  readonly isLeading: boolean;
  /** Whether objects of a namespace are this shard's. Default: all. */
  readonly covers?: (namespace: string) => boolean;
  readonly entry: (key: string) => LedgerEntry | undefined;
  /** Who else speaks about the same subject. */
  readonly rivals: (key: string) => readonly string[];
}

type Answer = Omit<ControllerExplanation, 'controller' | 'use' | 'process'>;

/** Undefined when the controller has nothing to do with that kind. */
export function explainObject(
  object: ObjectReference,
  context: ExplainContext,
): Omit<ControllerExplanation, 'process'> | undefined {
  const { controller, primary, reads } = context;
  const is = (informer: Informer): boolean => isKind(object, informer.apiVersions, informer.kind);
  const { name, use } = controller;
  if (is(primary)) return { controller: name, use, ...watched(object, context) };
  if (reads.some(({ informer }) => is(informer))) {
    const message = `${name} only reads this kind, for what it says about each ${primary.kind}: explain the ${primary.kind} instead`;
    return { controller: name, use, verdict: 'ReadOnly', message };
  }
  return undefined;
}

/** Whether a reference means this kind: by kind or by plural, in any case, and by group where it names one. */
function isKind({ group, kind }: ObjectReference, apiVersions: readonly string[], own: string): boolean {
  const asked = kind.toLowerCase();
  if (group !== undefined && group !== groupOf(apiVersions[0] ?? '')) return false;
  return asked === own.toLowerCase() || asked === pluralOf(own);
}

function watched(object: ObjectReference, context: ExplainContext): Answer {
  const { primary, entry } = context;
  const key = `${object.namespace ?? ''}/${object.name}`;
  const known = entry(key);
  const cached = primary.cache.get(key);
  const terminal = cached !== undefined && isFinished(cached) ? { terminal: true } : {};
  if (known !== undefined) return { ...lookedAt(key, known, context), ...terminal };
  if (cached === undefined) return notCached(object, context);
  if (context.covers?.(object.namespace ?? '') === false) {
    return { verdict: 'OtherShard', message: 'its namespace belongs to another shard', ...terminal };
  }
  if (!context.isLeading) {
    return { verdict: 'Standby', message: 'this process does not lead, so it looks at nothing', ...terminal };
  }
  return { verdict: 'NotLookedAt', message: 'it is in the cache and waits for its first look', ...terminal };
}

function notCached(object: ObjectReference, context: ExplainContext): Answer {
  const { controller, namespaces, primary } = context;
  const { namespace = '' } = object;
  for (const [patterns, whose] of [
    [controller.namespaces, 'of this controller (controllers[].namespaces)'],
    [namespaces, 'of the configuration (namespaces)'],
  ] as const) {
    if (new NamespaceFilter(patterns).matches(namespace)) continue;
    const message = `namespace ${namespace} is outside the namespaces ${whose}: ${patterns.join(', ')}`;
    return { verdict: 'OutsideNamespaces', message };
  }
  const state = primary.stateOf(namespace);
  if (state !== 'synced') {
    const [fault] = primary.faults;
    const message = fault === undefined ? `${primary.kind} is being listed` : fault.message;
    return { verdict: 'NotListed', message, ...(fault && { reason: fault.reason }) };
  }
  const selector = [controller.definition.watches.labelSelector, controller.labelSelector].filter(Boolean).join(',');
  if (selector === '') return { verdict: 'NotFound', message: 'there is no such object, as far as the watch says' };
  if (object.labels !== undefined && !parseLabelSelector(selector)(object.labels)) {
    return { verdict: 'LabelsDiffer', message: `its labels do not match the label selector ${selector}` };
  }
  const message = `there is no such object with labels that match ${selector}, as far as the watch says`;
  return { verdict: 'NotFound', message };
}

const VERDICTS = {
  healthy: 'Healthy',
  failing: 'Failing',
  undecided: 'Undecided',
  undecidedTerminal: 'Undecided',
  settledUndecided: 'Settled',
  failed: 'Failed',
} as const satisfies Record<Outcome, ExplanationVerdict>;

function lookedAt(key: string, known: LedgerEntry, context: ExplainContext): Answer {
  const { outcome, why, findings, noVerdict, goneAt } = known;
  const isGone = goneAt !== undefined;
  const note = noteOf(known);
  const sentences = [
    `${isGone ? `it was deleted at ${new Date(goneAt).toISOString()}; before that ` : ''}${verdictText(known)}`,
    ...noVerdict.map(noVerdictText),
    reportText(key, known, context),
    ...(known.decisions.length > 0 ? known.decisions.map(decisionText) : []),
  ];
  return {
    verdict: isGone ? 'Deleted' : VERDICTS[outcome],
    ...(why !== '' && { reason: why }),
    message: sentences
      .filter((sentence) => sentence !== '')
      .join('; ')
      .slice(0, 8_000),
    lookedAt: new Date(known.lookedAt).toISOString(),
    ...(findings.length > 0 && { findings: [...findings] }),
    ...(noVerdict.length > 0 && { noVerdict: [...noVerdict] }),
    ...(note && { report: note }),
  };
}

function verdictText({ outcome, why, findings }: LedgerEntry): string {
  switch (outcome) {
    case 'healthy':
      return 'the look found nothing wrong';
    case 'failing':
      return `the look found ${findings.length === 1 ? 'one thing' : `${findings.length} things`} wrong`;
    case 'undecided':
      return `no verdict yet: ${why}`;
    case 'undecidedTerminal':
      return `no verdict, though the object has come to its end: ${why}`;
    case 'settledUndecided':
      return `no verdict, and there will be none: ${why}`;
    case 'failed':
      return `the look failed: ${why}`;
    default:
      return outcome satisfies never;
  }
}

function noVerdictText({ subject, reason }: LedgerEntry['noVerdict'][number]): string {
  return `there is no verdict about ${subject}, of which nothing was sent: ${reason}`;
}

const STATE_TEXTS: Readonly<Record<ReportState, string>> = {
  None: '',
  Held: 'its report is held until every object of the first list was looked at',
  Sending: 'its report is on the way to the server',
  Accepted: 'the server took its report',
  Refused: 'the server refused its report, and it is looked at again with backoff',
  Skipped: 'its report was not sent',
  NotSent: 'its report was not sent: the process was ending',
};

function reportText(key: string, { outcome, state, said }: LedgerEntry, context: ExplainContext): string {
  if (state === 'None') return outcome === 'healthy' || outcome === 'failing' ? 'nothing was sent about it' : '';
  const text = STATE_TEXTS[state];
  if (said === '') return text;
  if (state === 'Accepted') return `${text} (${said}: ${cellMeaning(said) ?? 'see the decision table'})`;
  return `${text}: ${state === 'Skipped' ? skipText(key, said, context) : said}`;
}

function skipText(key: string, reason: string, { controller, rivals }: ExplainContext): string {
  switch (reason) {
    case 'TooOld':
      return `TooOld: it failed longer ago than maxAge (${duration(controller.maxAgeMs)}), and opens no issue any more`;
    case 'Superseded':
      return 'Superseded: newer runs of its subject were there at the start, and they decide';
    case 'SubjectGone':
      return 'SubjectGone: its subject was deleted';
    case 'SubjectConflict':
      return `SubjectConflict: other objects speak about the same subject: ${rivals(key).slice(0, 5).join(', ') || 'not any more'}`;
    default:
      return reason;
  }
}

function duration(ms: number): string {
  const hours = ms / 3_600_000;
  return hours >= 48
    ? `${Math.round(hours / 24)}d`
    : hours >= 1
      ? `${Math.round(hours)}h`
      : `${Math.round(ms / 1_000)}s`;
}

function decisionText({ key, cell, issue }: LedgerEntry['decisions'][number]): string {
  const what = cellMeaning(cell) ?? 'see the decision table';
  return `${key === '' ? '' : `${key}: `}${cell} ${what}${issue ? ` (issue ${issue.namespace}/${issue.name})` : ''}`;
}

function noteOf({ state, said, subject, decisions }: LedgerEntry): ReportNote | undefined {
  if (state === 'None') return undefined;
  const cells = state === 'Accepted' && said !== '' && decisions.length === 0 ? [{ key: '', cell: said }] : decisions;
  return {
    state,
    ...(said !== '' && state !== 'Accepted' && { reason: said }),
    ...(subject !== '' && { subject }),
    ...(cells.length > 0 && { decisions: [...cells] }),
  };
}
