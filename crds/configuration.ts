import Joi from 'joi';
import { type FeatureGates, featureGatesSchema } from './features.ts';
import { SEVERITIES, type Severity } from './issue.ts';
import type { IssueRule } from './issue-rule.ts';
import { issueRuleSchema } from './issue-rule-schema.ts';
import {
  DEFAULT_LEADER_ELECTION,
  type LeaderElectionConfiguration,
  leaderElectionSchema,
  type ShardingConfiguration,
  shardingSchema,
} from './leader-election.ts';
import { CONFIG_API_VERSION, DNS_LABEL, SOURCE_NAME } from './names.ts';
import { type WebhookReceiver, webhookReceiverSchema } from './webhook-receiver.ts';

/** The kind `FaultlineConfiguration`: what `faultline.yaml` says (contracts.md). Every key but the first two is optional. */

/** Where objects come from: a watched folder of recorded objects, a kubeconfig, or the cluster this process runs in. */
export type ClusterConfiguration = { folder: string } | { kubeconfig?: string; context?: string } | { inCluster: true };

/** Where issues are stored: PGlite in this process, or the PostgreSQL whose URL a file contains. */
export type DatabaseConfiguration = { database: 'embedded' } | { databaseUrlFile: string };

export type ServerConfiguration = {
  /** `host:port`; port 0 takes any free one. */
  listen: string;
} & DatabaseConfiguration;

export interface IssuesConfiguration {
  /** Duration for which a resolved issue stays visible. */
  resolvedVisibleFor: string;
  /** Duration after which a closed episode is forgotten, and beyond which an old run opens nothing. */
  retention: string;
  /** Where issues of cluster-scoped subjects (a Node) live. */
  clusterScopedNamespace: string;
  flapping: FlappingConfiguration;
  /** Severity that rises with age. Default: none does. */
  escalation: EscalationConfiguration[];
}

/** When an issue that opens and resolves all the time gets the condition Flapping. */
export interface FlappingConfiguration {
  enabled: boolean;
  /** How often it opened again, … */
  reopened: number;
  /** … within this duration. */
  within: string;
}

/** An issue that was reported as `severity` becomes `to` when its episode is older than `after`. */
export interface EscalationConfiguration {
  /** Absent: issues of any type. */
  type?: string;
  severity: Severity;
  /** Duration. */
  after: string;
  to: Severity;
}

/** Reports a second, and how many may come at once. */
export interface RateConfiguration {
  /** 0: no limit. */
  reportsPerSecond: number;
  burst: number;
}

/** So that one noisy tenant does not starve the rest; for each server process. */
export interface LimitsConfiguration {
  namespace: RateConfiguration;
  source: RateConfiguration;
  /** Active issues of one source in one namespace; 0: no limit. */
  activeIssues: number;
}

/** Kubernetes Events about issues; only of `faultline server`. */
export interface EventsConfiguration {
  enabled: boolean;
  /** Less severe issues have none. */
  minimumSeverity: Severity;
}

/** What `/metrics` of the server tells. */
export interface MetricsConfiguration {
  issues: {
    /** Namespaces with series of `faultline_issues` of their own; 0: no label `namespace`. */
    maxNamespaces: number;
  };
}

export interface ControllerConfiguration {
  /** `tekton/pipelinerun` (built in), `./x.ts` (a file beside this configuration) or `npm:package`. */
  use: string;
  /** The source of its issues. */
  name: string;
  enabled: boolean;
  /** Globs, `!` excludes; absent: those of the whole configuration. */
  namespaces?: string[];
  labelSelector: string;
  /** How many objects it looks at at a time. */
  concurrency: number;
  /** Duration: how old a failed run of an initial list may be to open an issue. */
  maxAge: string;
  /** Options of the controller itself. */
  with: Record<string, unknown>;
}

/** A further resource that the API server serves beside issues (docs/write-a-resource.md). */
export interface ResourceConfiguration {
  /** `./x.ts` (a file beside this configuration) or `npm:package`. */
  use: string;
  enabled: boolean;
  /** Options of the resource itself. */
  with: Record<string, unknown>;
}

export interface FaultlineConfiguration {
  apiVersion: typeof CONFIG_API_VERSION;
  kind: 'FaultlineConfiguration';
  /** Absent: the example folder. */
  cluster?: ClusterConfiguration;
  namespaces: string[];
  server: ServerConfiguration;
  issues: IssuesConfiguration;
  limits: LimitsConfiguration;
  events: EventsConfiguration;
  metrics: MetricsConfiguration;
  featureGates: FeatureGates;
  leaderElection: LeaderElectionConfiguration;
  /** Absent: one replica leads everything. */
  sharding?: ShardingConfiguration;
  controllers: ControllerConfiguration[];
  resources: ResourceConfiguration[];
  receivers: WebhookReceiver[];
  rules: IssueRule[];
}

/** The port that everything of ours listens on unless told otherwise. */
export const DEFAULT_LISTEN = '127.0.0.1:7443';

/** What runs without any configuration. */
export const DEFAULT_CONTROLLER: Readonly<ControllerConfiguration> = {
  use: 'tekton/pipelinerun',
  name: 'tekton-pipelinerun',
  enabled: true,
  labelSelector: '',
  concurrency: 4,
  maxAge: '30d',
  with: {},
};

const DURATION = /^(\d+(\.\d+)?(ms|[smhdw]))+$/;
// A namespace name in which `*` stands for any characters and `?` for one; `!` in front takes away.
const NAMESPACE_GLOB = /^!?[-a-z0-9*?]{1,63}$/;
const LISTEN = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]*):\d{1,5}$/;
const PATH_MESSAGE = 'must be the path of a file';

const patternMessage = (text: string) => ({ 'string.pattern.base': text, 'string.pattern.name': text });

const durationText = (description: string): Joi.StringSchema =>
  Joi.string()
    .pattern(DURATION, 'a duration')
    .messages(patternMessage('must be a duration such as 90s, 15m, 1h30m or 14d'))
    .description(description);

const duration = (fallback: string, description: string): Joi.StringSchema =>
  durationText(description).default(fallback);

const path = (description: string): Joi.StringSchema =>
  Joi.string().min(1).messages({ 'string.empty': PATH_MESSAGE }).description(description);

const namespaces = Joi.array()
  .items(
    Joi.string()
      .pattern(NAMESPACE_GLOB, 'a namespace glob')
      .messages(patternMessage('must be a namespace name; * and ? are wildcards and a leading ! excludes')),
  )
  .min(1);

const clusterSchema = Joi.object({
  folder: path('A folder of recorded objects (YAML or JSON); it is watched, relative to this file.'),
  kubeconfig: path('A kubeconfig file, relative to this file. Default: $KUBECONFIG, then ~/.kube/config.'),
  context: Joi.string().min(1).description('A context of the kubeconfig. Default: its current context.'),
  inCluster: Joi.boolean().valid(true).description('The cluster in which this process runs, by its service account.'),
})
  .oxor('folder', 'inCluster')
  .without('folder', ['kubeconfig', 'context'])
  .without('inCluster', ['kubeconfig', 'context'])
  .messages({
    'object.oxor': 'says two clusters at once: keep one of folder, kubeconfig (with context) and inCluster',
    'object.without': 'says two clusters at once: keep one of folder, kubeconfig (with context) and inCluster',
  })
  .description('Where objects come from. Default: the example folder.');

const serverSchema = Joi.object({
  listen: Joi.string()
    .pattern(LISTEN, 'host:port')
    .messages(patternMessage(`must be host:port, for example ${DEFAULT_LISTEN}`))
    .custom((value: string, helpers) =>
      Number(value.slice(value.lastIndexOf(':') + 1)) <= 65_535 ? value : helpers.error('listen.port'),
    )
    .messages({ 'listen.port': 'must have a port of at most 65535' })
    .default(DEFAULT_LISTEN)
    .description('Address to listen on, as host:port.'),
  database: Joi.string().valid('embedded').description('embedded: PGlite, in the state folder.'),
  databaseUrlFile: path('A file with the URL of a PostgreSQL database, postgres://user:password@host/database.'),
})
  .oxor('database', 'databaseUrlFile')
  .messages({ 'object.oxor': 'says two databases at once: keep database or databaseUrlFile' })
  .custom((value: { databaseUrlFile?: string }) =>
    value.databaseUrlFile === undefined ? { ...value, database: 'embedded' } : value,
  )
  .description('The API server.');

/** Filled in where the configuration says nothing. */
const DEFAULT_FLAPPING: Readonly<FlappingConfiguration> = { enabled: true, reopened: 3, within: '1h' };

const flappingSchema = Joi.object<FlappingConfiguration, true>({
  enabled: Joi.boolean().default(DEFAULT_FLAPPING.enabled).description('false: nothing flaps.'),
  reopened: Joi.number()
    .integer()
    .min(1)
    .max(100)
    .default(DEFAULT_FLAPPING.reopened)
    .description('How often an issue opened again within that time.'),
  within: duration(DEFAULT_FLAPPING.within, 'The time within which it opened again.'),
}).description('When an issue that opens and resolves all the time gets the condition Flapping.');

const escalationSchema = Joi.object<EscalationConfiguration, true>({
  type: Joi.string().min(1).max(63).description('Only issues of this type. Default: of any.'),
  severity: Joi.string<Severity>()
    .valid(...SEVERITIES)
    .required()
    .description('Issues that were reported as this: critical, major, minor or info.'),
  after: durationText('How old the episode is by then.').required(),
  to: Joi.string<Severity>()
    .valid(...SEVERITIES)
    .required()
    .description('Become this, which is worse.'),
})
  .custom((rule: EscalationConfiguration, helpers) =>
    SEVERITIES.indexOf(rule.to) < SEVERITIES.indexOf(rule.severity) ? rule : helpers.error('escalation.worse'),
  )
  .messages({ 'escalation.worse': 'escalates to what is no worse: the order is info, minor, major, critical' })
  .description('One rule: how bad an issue is when it is old.');

const issuesSchema = Joi.object<IssuesConfiguration, true>({
  resolvedVisibleFor: duration('1h', 'How long a resolved issue stays visible.'),
  retention: duration('90d', 'How long closed episodes are kept; an older run opens nothing.'),
  clusterScopedNamespace: Joi.string()
    .pattern(DNS_LABEL, 'a namespace name')
    .messages(patternMessage('must be a namespace name'))
    .default('faultline-system')
    .description('Where issues of cluster-scoped subjects live.'),
  flapping: flappingSchema.default(DEFAULT_FLAPPING),
  escalation: Joi.array()
    .items(escalationSchema)
    .max(100)
    .default([])
    .description('Severity that rises with age. Default: none does.'),
}).description('Issues and how long they are kept.');

/**
 * A server on two cores stores some 2,500 reports a second: in the long run no namespace gets more than two fifths of that,
 * and no source more than half of its namespace. The bursts let everything through that happens once: a controller that
 * starts again looks at 2,000 to 10,000 runs of one namespace. A load that is spread over namespaces meets no limit, as in
 * `bench reports` (one source, 50 namespaces, at 10,000 a second 200 in each).
 */
const DEFAULT_LIMITS: LimitsConfiguration = {
  namespace: { reportsPerSecond: 1_000, burst: 20_000 },
  source: { reportsPerSecond: 500, burst: 15_000 },
  activeIssues: 50_000,
};

const rate = (fallback: RateConfiguration, description: string) =>
  Joi.object<RateConfiguration, true>({
    reportsPerSecond: Joi.number()
      .min(0)
      .default(fallback.reportsPerSecond)
      .description('In the long run; 0: no limit.'),
    burst: Joi.number().integer().min(1).default(fallback.burst).description('At once, after a pause.'),
  })
    .default(fallback)
    .description(description);

const limitsSchema = Joi.object<LimitsConfiguration, true>({
  namespace: rate(DEFAULT_LIMITS.namespace, 'Reports into one namespace.'),
  source: rate(DEFAULT_LIMITS.source, 'Reports of one source into one namespace.'),
  activeIssues: Joi.number()
    .integer()
    .min(0)
    .default(DEFAULT_LIMITS.activeIssues)
    .description('Active issues of one source in one namespace; more are not opened. 0: no limit.'),
}).description('So that one noisy tenant does not starve the rest; for each server process.');

const eventsSchema = Joi.object<EventsConfiguration, true>({
  enabled: Joi.boolean().default(true).description('false: none are written.'),
  minimumSeverity: Joi.string<Severity>()
    .valid(...SEVERITIES)
    .default('minor')
    .description('Less severe issues have no Events: critical, major, minor or info.'),
}).description('Kubernetes Events when an issue opens, reopens or resolves; only of faultline server.');

/** Of 500 namespaces with issues of 4 severities and 7 types each 14,000 series: what a small Prometheus takes. */
export const DEFAULT_METRICS: Readonly<MetricsConfiguration> = { issues: { maxNamespaces: 500 } };

const metricsSchema = Joi.object<MetricsConfiguration, true>({
  issues: Joi.object<MetricsConfiguration['issues'], true>({
    maxNamespaces: Joi.number()
      .integer()
      .min(0)
      .max(100_000)
      .default(DEFAULT_METRICS.issues.maxNamespaces)
      .description(
        'Namespaces with series of their own, the first by name; the others are _other. 0: no label namespace.',
      ),
  })
    .default(DEFAULT_METRICS.issues)
    .description('faultline_issues: Active issues by namespace, severity and type.'),
}).description('What /metrics of the server tells.');

const controllerSchema = Joi.object<ControllerConfiguration, true>({
  use: Joi.string()
    .min(1)
    .required()
    .description('Built in (tekton/pipelinerun), a file beside this one (./x.ts), or a package (npm:x).'),
  name: Joi.string()
    .pattern(SOURCE_NAME, 'a source name')
    .messages(
      patternMessage(
        'must be a source name: at most 63 of a-z, 0-9, - and ., beginning and ending with a letter or digit',
      ),
    )
    .description('The source of its issues. Default: `use` with / as -, the base name of a file; required for npm.'),
  enabled: Joi.boolean().default(true).description('false: not loaded.'),
  namespaces: namespaces.description('Globs; ! excludes. Default: the namespaces above.'),
  labelSelector: Joi.string().allow('').default('').description('Only objects with these labels.'),
  concurrency: Joi.number().integer().min(1).max(64).default(4).description('How many objects it looks at at a time.'),
  maxAge: duration('30d', 'How old a failed run of an initial list may be to open an issue.'),
  with: Joi.object().unknown().default({}).description('Options of the controller.'),
}).description('One controller.');

const resourceSchema = Joi.object<ResourceConfiguration, true>({
  use: Joi.string().min(1).required().description('A file beside this one (./x.ts), or a package (npm:x).'),
  enabled: Joi.boolean().default(true).description('false: not loaded, and not served.'),
  with: Joi.object().unknown().default({}).description('Options of the resource.'),
}).description('One resource.');

/** Checks one document and fills in defaults; names of controllers are filled in by the loader of the configuration. */
export const configurationSchema = Joi.object<FaultlineConfiguration>({
  apiVersion: Joi.string().valid(CONFIG_API_VERSION).required(),
  kind: Joi.string().valid('FaultlineConfiguration').required(),
  cluster: clusterSchema,
  namespaces: namespaces.default(['*']).description('Which namespaces are watched: globs, ! excludes.'),
  server: serverSchema.default({ listen: DEFAULT_LISTEN, database: 'embedded' }),
  issues: issuesSchema.default({
    resolvedVisibleFor: '1h',
    retention: '90d',
    clusterScopedNamespace: 'faultline-system',
    flapping: DEFAULT_FLAPPING,
    escalation: [],
  }),
  limits: limitsSchema.default(DEFAULT_LIMITS),
  events: eventsSchema.default({ enabled: true, minimumSeverity: 'minor' }),
  metrics: metricsSchema.default(DEFAULT_METRICS),
  featureGates: featureGatesSchema.default({}),
  leaderElection: leaderElectionSchema.default(DEFAULT_LEADER_ELECTION),
  sharding: shardingSchema,
  controllers: Joi.array()
    .items(controllerSchema)
    .min(1)
    .default([DEFAULT_CONTROLLER])
    .description('Which controllers run. Default: tekton/pipelinerun.'),
  resources: Joi.array()
    .items(resourceSchema)
    .default([])
    .description('Further read-only resources that the API server serves. Default: none.'),
  receivers: Joi.array()
    .items(webhookReceiverSchema)
    .max(1_000)
    .default([])
    .description('Receivers of webhooks, as kubectl would apply them (docs/receivers.md). Default: none.'),
  rules: Joi.array()
    .items(issueRuleSchema)
    .max(1_000)
    .default([])
    .description('Rules that make issues, as kubectl would apply them (docs/write-a-rule.md). Default: none.'),
}).description('Configuration of Faultline.');
