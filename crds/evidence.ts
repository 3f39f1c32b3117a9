import Joi from 'joi';
import { maskedLines } from './masked-text.ts';
import { oneLine, truncate } from './text.ts';
import { formatTime, parseTime } from './time.ts';

/**
 * What shows a finding: the words of the object that failed and the last lines of its log (docs/adr/0009). It is kept
 * beside the issue, under a right of its own (`get issues/evidence`), and is never part of it.
 */
export interface Evidence {
  /** Which part of the observed object failed: the TaskRun of a PipelineRun. */
  failing?: { apiVersion: string; kind: string; name: string };
  /** Conditions of what failed, as the cluster had them. */
  conditions?: EvidenceCondition[];
  step?: string;
  exitCode?: number;
  log?: EvidenceLog;
}

export interface EvidenceCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export interface EvidenceLog {
  pod?: string;
  container?: string;
  /** The last ones, oldest first. */
  lines: string[];
  /** There were more before the first. */
  cut?: boolean;
}

/** As stored: more is cut, the oldest lines of the log first. Bytes are those of its JSON in UTF-8. */
export const MAX_EVIDENCE_BYTES = 32 * 1024;
export const MAX_LOG_LINES = 200;
const MAX_LINE_CHARACTERS = 4_096;
const MAX_CONDITIONS = 8;
const MAX_MESSAGE_BYTES = 1_024;
/** Of a log that is longer only the end is looked at: a bound on the work, well above what is kept. */
const MAX_READ_CHARACTERS = 256 * 1024;

const word = (max: number): Joi.StringSchema => Joi.string().allow('').max(max);

export const evidenceConditionSchema = Joi.object<EvidenceCondition, true>({
  type: word(316).required(),
  status: word(63).required(),
  reason: word(1_024),
  message: word(1_000_000).description('Cut to 1 KiB.'),
  lastTransitionTime: word(64).description('RFC 3339.'),
});

export const evidenceLogSchema = Joi.object<EvidenceLog, true>({
  pod: word(253),
  container: word(253),
  lines: Joi.array().items(word(1_000_000)).max(10_000).required().description('Oldest first; the last 200 are kept.'),
  cut: Joi.boolean().description('There were more lines before the first.'),
});

const failingSchema = Joi.object({
  apiVersion: word(317).required(),
  kind: word(63).required(),
  name: word(253).required(),
}).description('Which part of the observed object failed, for example the TaskRun.');

const FIELDS = {
  failing: failingSchema,
  conditions: Joi.array()
    .items(evidenceConditionSchema)
    .max(1_000)
    .description('Of what failed; the first 8 are kept.'),
  step: word(253).description('The step that failed.'),
  exitCode: Joi.number().integer().description('Of the step that failed.'),
  log: evidenceLogSchema.description('The end of the log of the step that failed.'),
};

export const evidenceSchema = Joi.object<Evidence, true>(FIELDS).description(
  'What shows it: conditions and the end of a log, kept beside the issue for those with the right get issues/evidence. Credentials are masked, and more than 32 KiB is cut.',
);

/** The fields of evidence, for kinds that have more. */
export const EVIDENCE_FIELDS = FIELDS;

/**
 * Evidence as it may be kept and shown: credentials masked, nothing that a terminal would execute, within the limits.
 * Undefined when nothing is left. Cleaning twice changes nothing more: the controller does it before it sends, the server
 * for everybody.
 */
export function cleanEvidence({ failing, conditions = [], step, exitCode, log }: Evidence): Evidence | undefined {
  const words: Evidence = {
    ...(failing ? { failing: cleanFailing(failing) } : {}),
    ...(conditions.length > 0 ? { conditions: conditions.slice(0, MAX_CONDITIONS).map(cleanCondition) } : {}),
    ...phrase('step', step, 253),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
  const kept = log && cleanLog(log, MAX_EVIDENCE_BYTES - bytesOf(words));
  const evidence = { ...words, ...(kept ? { log: kept } : {}) };
  return Object.keys(evidence).length > 0 ? evidence : undefined;
}

/** What a search looks into: conditions and log, a line each. */
export function evidenceText({ failing, conditions = [], step, log }: Evidence): string {
  const said = conditions.map(({ reason, message }) => [reason, message].filter(Boolean).join(': '));
  return [failing?.name, step, ...said, ...(log?.lines ?? [])].filter(Boolean).join('\n');
}

function cleanFailing({ apiVersion, kind, name }: NonNullable<Evidence['failing']>): NonNullable<Evidence['failing']> {
  return { apiVersion: oneLine(apiVersion, 317), kind: oneLine(kind, 63), name: oneLine(name, 253) };
}

function cleanCondition(condition: EvidenceCondition): EvidenceCondition {
  const { type, status, reason, message, lastTransitionTime } = condition;
  const at = parseTime(lastTransitionTime);
  const text = message === undefined ? '' : maskedLines(message.slice(0, MAX_MESSAGE_BYTES * 4), MAX_MESSAGE_BYTES);
  return {
    type: oneLine(type, 63),
    status: oneLine(status, 63),
    ...phrase('reason', reason, 128),
    ...(text ? { message: text } : {}),
    ...(at === undefined ? {} : { lastTransitionTime: formatTime(at) }),
  };
}

/** The last lines that fit into so many bytes of JSON. */
function cleanLog({ pod, container, lines, cut }: EvidenceLog, maxBytes: number): EvidenceLog | undefined {
  const whole = lines.join('\n');
  // What begins in the middle of a line could begin in the middle of a credential: that line goes.
  const from = whole.length > MAX_READ_CHARACTERS ? whole.indexOf('\n', whole.length - MAX_READ_CHARACTERS) + 1 : 0;
  const all = maskedLines(whole.slice(from), Number.POSITIVE_INFINITY).split('\n');
  const about = { ...phrase('pod', pod, 253), ...phrase('container', container, 253) };
  const kept: string[] = [];
  let room = maxBytes - bytesOf({ log: { ...about, lines: [], cut: true } });
  while (kept.length < MAX_LOG_LINES && all.length > 0) {
    const line = truncate(all.at(-1) as string, MAX_LINE_CHARACTERS);
    room -= bytesOf(line) + 1;
    if (room < 0) break;
    kept.push(line);
    all.pop();
  }
  if (kept.length === 0 || kept.every((line) => line === '')) return undefined;
  const isCut = cut === true || from > 0 || all.length > 0;
  return { ...about, lines: kept.reverse(), ...(isCut ? { cut: true } : {}) };
}

function phrase<Name extends string>(name: Name, text: string | undefined, max: number): { [key in Name]?: string } {
  const clean = text === undefined ? '' : oneLine(text, max);
  return (clean === '' ? {} : { [name]: clean }) as { [key in Name]?: string };
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
