import Joi from 'joi';
import type { TypeMeta } from './meta.ts';
import { type API_VERSION, DNS_LABEL, SOURCE_NAME } from './names.ts';

/**
 * The kind `Explanation`: what the controllers know of one object, and so why there is an issue for it or none. Create
 * only, like a SubjectAccessReview: it is answered and not kept (docs/explain.md).
 */
export interface Explanation extends TypeMeta {
  apiVersion: typeof API_VERSION;
  kind: 'Explanation';
  metadata?: { name?: string };
  spec: ObjectReference;
  status?: ExplanationStatus;
}

/** The object that is asked about. */
export interface ObjectReference {
  /** Of its API. Default: any whose kind has this name. */
  group?: string;
  /** Kind, plural, singular or short name, in any case: `Pod`, `po`. */
  kind: string;
  /** Absent for an object without a namespace. */
  namespace?: string;
  name: string;
  /** Of the object, as far as the caller knows them: whether a label selector leaves it out can be told only with them. */
  labels?: Record<string, string>;
}

export interface ExplanationStatus {
  /** What `kind` was understood as, and what the caller needed the right to `get`. */
  resource: { group: string; resource: string; kind: string; namespaced: boolean };
  /** The controllers processes that answered. */
  processes: string[];
  /** Those that are connected but did not answer in time. */
  silent: string[];
  controllers: ControllerExplanation[];
  /** One sentence where the controllers have nothing to say: nobody is connected, or nobody watches the kind. */
  message: string;
}

export const VERDICTS = [
  // Not looked at, and why.
  'ReadOnly', 'NotListed', 'OutsideNamespaces', 'LabelsDiffer', 'NotFound', 'OtherShard', 'Standby', 'NotLookedAt',
  // What the last look came to.
  'Undecided', 'Settled', 'Failed', 'Healthy', 'Failing',
  // Was looked at, and is gone.
  'Deleted',
] as const; // biome-ignore format: groups
export type ExplanationVerdict = (typeof VERDICTS)[number];

export const REPORT_STATES = ['None', 'Held', 'Sending', 'Accepted', 'Refused', 'Skipped', 'NotSent'] as const;
export type ReportState = (typeof REPORT_STATES)[number];

export interface ControllerExplanation {
  /** The source's name, and what the configuration calls its plugin. */
  controller: string;
  use: string;
  /** The process that says so. */
  process: string;
  verdict: ExplanationVerdict;
  /** Of an undecided or failed look. */
  reason?: string;
  /** One or more sentences for people: all of it. */
  message: string;
  /** RFC 3339. */
  lookedAt?: string;
  /** The object has come to its end: its status says so. */
  terminal?: boolean;
  /** What the last look found, at most 20. */
  findings?: FindingNote[];
  /** Of several subjects that the look spoke about those without a verdict: nothing is sent of them. At most 20. */
  noVerdict?: NoVerdictNote[];
  report?: ReportNote;
}

export interface FindingNote {
  key: string;
  severity: string;
  type: string;
  reason: string;
  title: string;
}

export interface NoVerdictNote {
  /** `Component shop/payments last-build` */
  subject: string;
  reason: string;
}

/** What became of what the look said. */
export interface ReportNote {
  state: ReportState;
  /** Why it was not sent: `TooOld`, `Superseded`, `SubjectConflict`, `SubjectGone`; or what the refusal said. */
  reason?: string;
  /** `Component shop/payments build/push/main`; of a look that found something. */
  subject?: string;
  /** What the engine decided, by finding key. */
  decisions?: DecisionNote[];
}

export interface DecisionNote {
  key: string;
  /** Of the decision table (docs/concepts.md). */
  cell: string;
  issue?: { namespace: string; name: string };
}

export const EXPLANATION_NAMES = {
  kind: 'Explanation', listKind: 'ExplanationList', plural: 'explanations', singular: 'explanation', shortNames: [], categories: [],
} as const; // biome-ignore format: one line reads better

const text = Joi.string().max(1_000).allow('');
const objectName = Joi.string()
  .max(253)
  .pattern(/^[^/\s]+$/);

export const objectReferenceSchema = Joi.object<ObjectReference, true>({
  group: Joi.string().max(253).allow('').description('Of its API, `tekton.dev`; empty: the core API. Default: any.'),
  kind: Joi.string()
    .max(63)
    .pattern(/^[A-Za-z][-A-Za-z0-9.]*$/)
    .required()
    .description('Kind, plural, singular or short name, in any case.'),
  namespace: Joi.string().pattern(DNS_LABEL).description('Leave it out for an object without a namespace.'),
  name: objectName.required().description('Of the object.'),
  labels: Joi.object()
    .pattern(Joi.string().max(317), Joi.string().max(63).allow(''))
    .max(500)
    .description(
      'Its labels, where the caller knows them: then it can be told whether a label selector leaves it out.',
    ),
}).description('The object that is asked about.');

const issueSchema = Joi.object({ namespace: Joi.string().required(), name: Joi.string().required() });

const reportNoteSchema = Joi.object<ReportNote, true>({
  state: Joi.string()
    .valid(...REPORT_STATES)
    .required(),
  reason: text.description('Why it was not sent or not taken.'),
  subject: text,
  decisions: Joi.array()
    .items(
      Joi.object<DecisionNote, true>({
        key: text.required(),
        cell: Joi.string().max(8).required(),
        issue: issueSchema,
      }),
    )
    .max(500)
    .description('What the engine decided, by finding key, as a cell of the decision table.'),
});

export const controllerExplanationSchema = Joi.object<ControllerExplanation, true>({
  controller: Joi.string().pattern(SOURCE_NAME).required().description('The source that it speaks as.'),
  use: text.required().description('What the configuration calls its plugin.'),
  process: text.required().description('The process that says so.'),
  verdict: Joi.string()
    .valid(...VERDICTS)
    .required()
    .description('What the last look came to, or why there was none.'),
  reason: text.description('Of an undecided or failed look.'),
  message: Joi.string().max(8_192).allow('').required().description('All of it, for people.'),
  lookedAt: Joi.string().isoDate(),
  terminal: Joi.boolean().description('The object has come to its end.'),
  findings: Joi.array()
    .items(
      Joi.object<FindingNote, true>({
        key: text.required(),
        severity: text.required(),
        type: text.required(),
        reason: text.required(),
        title: text.required(),
      }),
    )
    .max(20),
  noVerdict: Joi.array()
    .items(Joi.object<NoVerdictNote, true>({ subject: text.required(), reason: text.required() }))
    .max(20)
    .description('Of several subjects that the look spoke about those without a verdict: nothing is sent of them.'),
  report: reportNoteSchema,
});

export const explanationStatusSchema = Joi.object<ExplanationStatus, true>({
  resource: Joi.object({
    group: Joi.string().allow('').required(),
    resource: Joi.string().required(),
    kind: Joi.string().required(),
    namespaced: Joi.boolean().required(),
  })
    .required()
    .description('What the kind was understood as.'),
  processes: Joi.array().items(Joi.string()).required().description('The controllers processes that answered.'),
  silent: Joi.array().items(Joi.string()).required().description('Those that did not answer in time.'),
  controllers: Joi.array().items(controllerExplanationSchema).required(),
  message: Joi.string().allow('').required(),
}).description('What the controllers know of the object. Not kept.');

/** How a controllers process fetches questions: `POST /api/v1/explanations/next`. */
export interface ExplanationPoll {
  /** Names the process for people; one that asks again under a name replaces its earlier self. */
  process: string;
  /** For whom it speaks, and where: the caller needs the right to lead each. */
  sources: { name: string; namespaces: string[] }[];
  /** To questions that it was given before. */
  answers: { id: string; controllers: ControllerExplanation[] }[];
  /** How long to wait for a question, seconds. Default 20. */
  waitSeconds?: number;
}

export interface ExplanationQuestions {
  questions: { id: string; object: ObjectReference }[];
}

export const MAX_WAIT_SECONDS = 20;

export const explanationPollSchema = Joi.object<ExplanationPoll, true>({
  process: Joi.string().max(253).required().description('Names the process; unique among those of one server.'),
  sources: Joi.array()
    .items(
      Joi.object({
        name: Joi.string().pattern(SOURCE_NAME).required(),
        namespaces: Joi.array().items(Joi.string().max(253)).max(10_000).required().description('As it leads it.'),
      }),
    )
    .min(1)
    .max(1_000)
    .required()
    .description('For whom it speaks.'),
  answers: Joi.array()
    .items(Joi.object({ id: Joi.string().required(), controllers: Joi.array().items(controllerExplanationSchema) }))
    .max(1_000)
    .default([])
    .description('To questions that it was given before.'),
  waitSeconds: Joi.number()
    .integer()
    .min(0)
    .max(MAX_WAIT_SECONDS)
    .default(MAX_WAIT_SECONDS)
    .description('How long to wait for a question.'),
});

export const explanationQuestionsSchema = Joi.object<ExplanationQuestions, true>({
  questions: Joi.array()
    .items(Joi.object({ id: Joi.string().required(), object: objectReferenceSchema.required() }))
    .required(),
});
