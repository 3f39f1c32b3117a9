import Joi from 'joi';
import { parseDuration } from './duration.ts';
import { LINK_RELATIONS, type LinkRelation } from './issue.ts';
import {
  type IssueRule,
  type IssueRuleSpec,
  isSecret,
  type LabelSelector,
  type LabelSelectorRequirement,
  MAX_RULE_NAME,
  RULE_KINDS,
  type RuleFinding,
  type RuleKind,
  type RuleLink,
  type RulePath,
  type RuleSubject,
  type RuleWatches,
} from './issue-rule.ts';
import { groupOf } from './meta.ts';
import { CONFIG_API_VERSION, DNS_LABEL, DNS_SUBDOMAIN, GROUP, LABEL_KEY, LABEL_VALUE } from './names.ts';

/** What rules are checked with, wherever they come from. */

/** Longer than anything that people read (cel/check.ts). */
const MAX_EXPRESSION = 8_192;
const MAX_SHORT = 1_024;
export const MAX_RULE_FINDINGS = 20;
/** Looking at everything more often than this is no rule but a load. */
const MIN_EVERY_MS = 10_000;

const expression = (description: string): Joi.StringSchema =>
  Joi.string().min(1).max(MAX_EXPRESSION).description(description);
const template = (description: string, longest = MAX_SHORT): Joi.StringSchema =>
  Joi.string().min(1).max(longest).description(description);
const pattern = (regex: RegExp, what: string): Joi.StringSchema =>
  Joi.string()
    .pattern(regex, what)
    .messages({ 'string.pattern.name': `must be ${what}` });

const DURATION = /^(\d+(\.\d+)?(ms|[smhdw]))+$/;

const duration = (least: number): Joi.StringSchema =>
  pattern(DURATION, 'a duration such as 90s, 15m, 1h30m or 14d')
    .max(32)
    .custom((value: string, helpers) => {
      try {
        if (parseDuration(value) >= least) return value;
        return helpers.message({ custom: `must be at least ${least / 1_000}s` });
      } catch (error) {
        return helpers.message({ custom: (error as Error).message });
      }
    });

const apiVersion = pattern(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?v[a-z0-9]+$/, 'an apiVersion such as apps/v1').max(317);

const selectorSchema = Joi.object<LabelSelector, true>({
  matchLabels: Joi.object()
    .pattern(
      Joi.string().pattern(LABEL_KEY, 'a label key'),
      Joi.string().allow('').pattern(LABEL_VALUE, 'a label value'),
    )
    .max(32),
  matchExpressions: Joi.array()
    .items(
      Joi.object<LabelSelectorRequirement, true>({
        key: pattern(LABEL_KEY, 'a label key').max(317).required(),
        operator: Joi.string<'In'>().valid('In', 'NotIn', 'Exists', 'DoesNotExist').required(),
        values: Joi.array().items(Joi.string().allow('').max(63).pattern(LABEL_VALUE, 'a label value')).max(100),
      }),
    )
    .max(32),
}).description('Only objects with these labels; asked of the API server.');

const watchesSchema = Joi.object<RuleWatches, true>({
  apiVersion: apiVersion.required().description('Group and version, as in the objects; v1 for the core group.'),
  otherVersions: Joi.array()
    .items(apiVersion)
    .max(8)
    .description('Further versions of the group, for servers that do not serve the first.'),
  kind: pattern(/^[A-Z][A-Za-z0-9]{0,62}$/, 'a Kind such as Deployment').required(),
  selector: selectorSchema,
  namespaces: Joi.array()
    .items(pattern(/^!?[-a-z0-9*?]{1,63}$/, 'a namespace glob; a leading ! excludes').max(64))
    .min(1)
    .max(100)
    .description('Globs, ! excludes; of a ClusterIssueRule only. Default: all.'),
})
  .required()
  .description('Which objects are looked at.');

const subjectSchema = Joi.object<RuleSubject, true>({
  apiVersion: template('Only the group is part of the identity.').required(),
  kind: template('For example Deployment.').required(),
  name: template('The lasting thing, never a generated name.').required(),
  aspect: template('A part that is observed on its own.'),
  namespace: template('Of a ClusterIssueRule only. Default: that of the object.'),
}).description('The lasting thing that has the problem, as templates. Default: the object itself.');

const findingSchema = Joi.object<RuleFinding, true>({
  each: expression('CEL, a list: one finding an item; the other members know it as item.'),
  when: expression('CEL, a bool: whether there is this finding. Default: true.'),
  key: template('Tells the findings of one object apart; must stay the same while the problem does.').required(),
  type: template('build, test, release, dependency, pipeline, workload, security, or a word of your own.').required(),
  severity: template('critical, major, minor or info, or a template that makes one of them.').required(),
  reason: template('CamelCase, stable, countable.').required(),
  title: template('One line.').required(),
  description: template('More lines.', MAX_EXPRESSION),
  links: Joi.array()
    .items(
      Joi.object<RuleLink, true>({
        rel: Joi.string<LinkRelation>()
          .valid(...LINK_RELATIONS)
          .required(),
        title: template('What is behind it.').required(),
        url: template('http or https; a link without one is left out.').required(),
      }),
    )
    .max(20)
    .description('Where to look further.'),
  labels: Joi.object()
    .pattern(Joi.string().pattern(LABEL_KEY, 'a label key'), template('A value.'))
    .max(20)
    .description('Labels of the issue; an empty one is left out.'),
  group: template('Joins issues of several subjects, for example a CVE.'),
  dueAt: template('RFC 3339: when it should be resolved.'),
  remediation: Joi.object({
    text: template('What to do about it.', MAX_EXPRESSION).required(),
    url: template('Where it is explained.'),
  }),
});

export const issueRuleSpecSchema = Joi.object<IssueRuleSpec, true>({
  watches: watchesSchema,
  when: expression('CEL, a bool: whether something is wrong with the object.').required(),
  since: expression('CEL, a timestamp or RFC 3339 text: since when it is as it is, for example a lastTransitionTime.'),
  for: duration(0).default('0s').description('How long it must be wrong before an issue opens.'),
  every: duration(MIN_EVERY_MS)
    .default('10m')
    .description('How often an object that did not change is looked at again, where an expression names now.'),
  subject: subjectSchema,
  namespace: template('Where the issue lives, of a ClusterIssueRule only. Default: the namespace of the object.'),
  findings: Joi.array().items(findingSchema).min(1).max(MAX_RULE_FINDINGS).required().description('What is wrong.'),
}).description('What is wrong with objects of a kind, and how an issue says it.');

/** The form of an object; what a form cannot say is in `ruleFaults`. */
export const issueRuleSchema = Joi.object<IssueRule>({
  apiVersion: Joi.string().valid(CONFIG_API_VERSION).default(CONFIG_API_VERSION),
  kind: Joi.string<RuleKind>()
    .valid(...RULE_KINDS)
    .required(),
  metadata: Joi.object({
    name: pattern(DNS_SUBDOMAIN, 'a name of Kubernetes').required(),
    namespace: pattern(DNS_LABEL, 'a namespace name'),
  })
    .unknown()
    .required(),
  spec: issueRuleSpecSchema.required(),
  // Of objects that come from a cluster.
  ...{ status: Joi.object().unknown() },
}).description('A rule that makes issues of objects of any kind, as kubectl applies it.');

/** What the kind decides, and what no rule may see. */
export function ruleFaults({ kind, metadata, spec }: IssueRule): { path: RulePath; message: string }[] {
  const faults: { path: RulePath; message: string }[] = [];
  const refuse = (path: RulePath, message: string): void => void faults.push({ path, message });
  const { watches } = spec;
  if (metadata.name.length > MAX_RULE_NAME) {
    refuse(['metadata', 'name'], `must have at most ${MAX_RULE_NAME} characters`);
  }
  if (isSecret(watches)) refuse(['spec', 'watches', 'kind'], 'is Secret, which no rule may see');
  const group = groupOf(watches.apiVersion);
  if (group === GROUP)
    refuse(['spec', 'watches', 'apiVersion'], 'is what Faultline serves: issues about issues never end');
  for (const [index, other] of (watches.otherVersions ?? []).entries()) {
    if (groupOf(other) !== group) {
      refuse(['spec', 'watches', 'otherVersions', index], `is another group than ${watches.apiVersion}`);
    }
  }
  for (const [index, { operator, values = [] }] of (watches.selector?.matchExpressions ?? []).entries()) {
    const needsValues = operator === 'In' || operator === 'NotIn';
    if (needsValues !== values.length > 0) {
      const at = ['spec', 'watches', 'selector', 'matchExpressions', index, 'values'];
      refuse(at, needsValues ? `is empty: ${operator} needs values` : `must be left out: ${operator} takes none`);
    }
  }
  if (kind === 'ClusterIssueRule') {
    if (metadata.namespace !== undefined) refuse(['metadata', 'namespace'], 'is set: a ClusterIssueRule has none');
    return faults;
  }
  if (metadata.namespace === undefined) refuse(['metadata', 'namespace'], 'is missing: an IssueRule acts in its own');
  const own = 'is of ClusterIssueRules: an IssueRule acts in its own namespace';
  if (watches.namespaces !== undefined) refuse(['spec', 'watches', 'namespaces'], own);
  if (spec.namespace !== undefined) refuse(['spec', 'namespace'], own);
  if (spec.subject?.namespace !== undefined) refuse(['spec', 'subject', 'namespace'], own);
  return faults;
}
