/** Names that are fixed by the design: groups, versions, label keys and what a name may look like. */

export const GROUP = 'faultline.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}` as const;
export const CONFIG_API_VERSION = `config.${GROUP}/${VERSION}` as const;
/** The virtual resource whose verb `report` is the right to speak as a source. */
export const SOURCES_RESOURCE = { group: GROUP, resource: 'sources', verb: 'report' } as const;

export const LABELS = {
  severity: `${GROUP}/severity`,
  type: `${GROUP}/type`,
  state: `${GROUP}/state`,
  source: `${GROUP}/source`,
  subjectKind: `${GROUP}/subject-kind`,
  stage: `${GROUP}/stage`,
  origin: `${GROUP}/origin`,
  application: `${GROUP}/application`,
  component: `${GROUP}/component`,
} as const;

/** On an issue of the past: of which moment it is, RFC 3339. */
export const AS_OF_ANNOTATION = `${GROUP}/as-of`;

/** Prefixes of sources that are declared or human; no controller may carry one. */
export const RESERVED_SOURCE_PREFIXES = ['rule.', 'clusterrule.', 'receiver.', 'clusterreceiver.', 'person.'] as const;

/** RFC 1123 label: a namespace, a Service. */
export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** RFC 1123 subdomain, ≤ 253 characters: the name of most objects. */
export const DNS_SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** Who says so (design.md, "source"). */
export const SOURCE_NAME = /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/;
/** A label value: `k8s.io/apimachinery/pkg/util/validation`, IsValidLabelValue. */
export const LABEL_VALUE = /^(?=.{0,63}$)([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
/** A label key: an optional DNS subdomain prefix of at most 253 characters and `/`, then a name of at most 63 characters. */
export const LABEL_KEY =
  /^((?=[^/]{1,253}\/)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(?=[^/]{1,63}$)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
/** CamelCase and countable: a condition's reason, at most 128 characters. */
export const REASON = /^[A-Za-z]([A-Za-z0-9_,:]{0,126}[A-Za-z0-9_])?$/;
/** As PostgreSQL prints a uuid, in either case: what is none is no id of ours. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
