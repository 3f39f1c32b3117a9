import Joi from 'joi';
import { parseDuration } from './duration.ts';
import { CONFIG_API_VERSION, DNS_LABEL, DNS_SUBDOMAIN } from './names.ts';

/**
 * The kinds `WebhookReceiver` and `ClusterWebhookReceiver` of `config.faultline.dev`: how payloads of a foreign webhook
 * become observations (docs/receivers.md). The same objects are entries of `receivers:` in faultline.yaml.
 */

export type ReceiverKind = 'WebhookReceiver' | 'ClusterWebhookReceiver';

/** Of a Secret in the receiver's own namespace; a ClusterWebhookReceiver names the namespace. */
export interface SecretKeyReference {
  name: string;
  key: string;
  namespace?: string;
}

export type SignatureScheme = 'GitHub' | 'GitLab' | 'StandardWebhooks';

export interface SignatureAuthentication {
  scheme: SignatureScheme;
  secretRef?: SecretKeyReference;
  /** A file of the server; in faultline.yaml only. */
  secretFile?: string;
  /** How old a signed timestamp may be, as a duration. */
  tolerance: string;
}

export interface TokenAuthentication {
  /** Hex SHA-256 of the token: the token itself is nowhere. */
  sha256: string;
  /** Lower case; absent: `Authorization: Bearer`. */
  header?: string;
}

/** Who may deliver; exactly one of them. */
export interface ReceiverAuthentication {
  /** A Kubernetes identity that may report as this receiver's source. */
  bearer?: Record<string, never>;
  token?: TokenAuthentication;
  signature?: SignatureAuthentication;
}

/** Everything but `authentication` and `complete` is a CEL expression. */
export interface WebhookReceiverSpec {
  authentication: ReceiverAuthentication;
  match?: string;
  each?: string;
  subject: string;
  findings?: string;
  resolve?: string;
  observed?: string;
  observedAt?: string;
  /** Of a ClusterWebhookReceiver only. */
  namespace?: string;
  complete: boolean;
}

/** The members of a spec that are expressions, in the order in which they are asked. */
export const EXPRESSIONS = [
  ...['match', 'each', 'namespace', 'subject', 'observed', 'observedAt', 'findings', 'resolve'],
] as readonly ReceiverExpression[];
export type ReceiverExpression = Exclude<keyof WebhookReceiverSpec, 'authentication' | 'complete'>;

/** As it is written: in a file, in faultline.yaml, in the cluster. */
export interface WebhookReceiver {
  apiVersion: typeof CONFIG_API_VERSION;
  kind: ReceiverKind;
  metadata: { name: string; namespace?: string; generation?: number };
  spec: WebhookReceiverSpec;
}

/** `receiver.github`: who says so, when this receiver does. */
export function receiverSource(kind: ReceiverKind, name: string): string {
  return `${SOURCE_PREFIX[kind]}${name}`;
}

const SOURCE_PREFIX: Readonly<Record<ReceiverKind, string>> = {
  WebhookReceiver: 'receiver.',
  ClusterWebhookReceiver: 'clusterreceiver.',
};
/** A source has at most 63 characters. */
export const MAX_RECEIVER_NAME: Readonly<Record<ReceiverKind, number>> = {
  WebhookReceiver: 63 - SOURCE_PREFIX.WebhookReceiver.length,
  ClusterWebhookReceiver: 63 - SOURCE_PREFIX.ClusterWebhookReceiver.length,
};
/** SHA-256 of `change-me`, which is what people try first. */
const PUBLIC_TOKEN = 'e2186dbdb1bb4193608605e84f33208765b5693b55edd4f730a719a100eeea6f';
/** Longer than anything that people read (cel/check.ts). */
const MAX_EXPRESSION = 8_192;

const expression = (description: string): Joi.StringSchema =>
  Joi.string().min(1).max(MAX_EXPRESSION).description(description);

const pattern = (regex: RegExp, what: string): Joi.StringSchema =>
  Joi.string()
    .pattern(regex, what)
    .messages({ 'string.pattern.name': `must be ${what}` });

const secretRefSchema = Joi.object<SecretKeyReference, true>({
  name: pattern(DNS_SUBDOMAIN, 'the name of a Secret').max(253).required(),
  key: pattern(/^[-._a-zA-Z0-9]+$/, 'a key of a Secret')
    .max(253)
    .required(),
  namespace: pattern(DNS_LABEL, 'a namespace name').description(
    'Of a ClusterWebhookReceiver only; the Secret of a WebhookReceiver is in its own namespace.',
  ),
}).description('The key that signs, in a Secret that the server may read.');

const signatureSchema = Joi.object<SignatureAuthentication, true>({
  scheme: Joi.string<SignatureScheme>()
    .valid('GitHub', 'GitLab', 'StandardWebhooks')
    .required()
    .description(
      'GitHub: X-Hub-Signature-256. GitLab: its signing token (whsec_…) or X-Gitlab-Token. StandardWebhooks: webhook-signature.',
    ),
  secretRef: secretRefSchema,
  secretFile: Joi.string().min(1).description('In faultline.yaml only: a file with the key.'),
  tolerance: Joi.string()
    .custom((value: string, helpers) => {
      try {
        parseDuration(value);
        return value;
      } catch (error) {
        return helpers.message({ custom: (error as Error).message });
      }
    })
    .default('5m')
    .description('How old a signed timestamp may be.'),
})
  .xor('secretRef', 'secretFile')
  .messages({ 'object.missing': 'names no key: write secretRef', 'object.xor': 'names two keys: keep one' })
  .description('The body is signed with a shared key (HMAC).');

const authenticationSchema = Joi.object<ReceiverAuthentication, true>({
  bearer: Joi.object({}).description(
    'Authorization: Bearer with a Kubernetes token whose user may create issuereports and report as the source.',
  ),
  token: Joi.object<TokenAuthentication, true>({
    sha256: pattern(
      /^[0-9a-f]{64}$/,
      'a SHA-256 in lower-case hex, as printf %s "$TOKEN" | sha256sum prints it',
    ).required(),
    header: pattern(/^[-a-z0-9]+$/, 'a header in lower case')
      .max(63)
      .description('Default: Authorization: Bearer.'),
  }).description('A token that only the sender knows; here is its hash.'),
  signature: signatureSchema,
})
  .xor('bearer', 'token', 'signature')
  .messages({
    'object.missing': 'says nobody who may deliver: write one of bearer, token and signature',
    'object.xor': 'says more than one way: keep one of bearer, token and signature',
  })
  .description('Who may deliver: one of bearer, token and signature.');

export const webhookReceiverSpecSchema = Joi.object<WebhookReceiverSpec, true>({
  authentication: authenticationSchema.required(),
  match: expression('bool: whether this payload (with each: this item) says anything. Default: true.'),
  each: expression(
    'list: the other expressions are asked once an item, as `item`; one report each. Default: one report.',
  ),
  subject: expression(
    'map of apiVersion, kind, name and perhaps aspect and namespace: the lasting thing that this is about.',
  ).required(),
  findings: expression(
    'list of maps with key, type, severity, reason, title and perhaps description, links, labels, group, dueAt, remediation.',
  ),
  resolve: expression('list of keys of findings that are over.'),
  observed: expression('map of apiVersion, kind, name and uid: what was looked at, for example one run.'),
  observedAt: expression(
    'timestamp or RFC 3339 text: when it became so. With it an older payload never undoes a newer one; without it, order of arrival counts.',
  ),
  namespace: expression('string: where the issue lives. Of a ClusterWebhookReceiver only.'),
  complete: Joi.boolean()
    .default(false)
    .description('true: findings are all that is wrong with the subject, and what they leave out is over.'),
})
  .or('findings', 'resolve')
  .messages({ 'object.missing': 'says nothing: write findings, resolve or both' })
  .description('How payloads become observations.');

/** The form of an object; what a form cannot say is in `receiverRules`. */
export const webhookReceiverSchema = Joi.object<WebhookReceiver>({
  apiVersion: Joi.string().valid(CONFIG_API_VERSION).default(CONFIG_API_VERSION),
  kind: Joi.string<ReceiverKind>().valid('WebhookReceiver', 'ClusterWebhookReceiver').required(),
  metadata: Joi.object({
    name: pattern(DNS_SUBDOMAIN, 'a name of Kubernetes').required(),
    namespace: pattern(DNS_LABEL, 'a namespace name'),
  })
    .unknown()
    .required(),
  spec: webhookReceiverSpecSchema.required(),
  // Of objects that come from a cluster.
  ...{ status: Joi.object().unknown() },
}).description('A receiver of webhooks, as kubectl applies it.');

export interface ReceiverRule {
  readonly path: readonly string[];
  readonly message: string;
}

/**
 * What the kind decides. `origin`: only the configuration of the server may name files of the server, and an object of
 * the cluster names Secrets of its own namespace, whoever wrote it (design.md decision 16).
 */
export function receiverRules(receiver: WebhookReceiver, origin: 'configuration' | 'cluster'): ReceiverRule[] {
  const { kind, metadata, spec } = receiver;
  const rules: ReceiverRule[] = [];
  const refuse = (path: string, message: string): void => void rules.push({ path: path.split('.'), message });
  const signature = spec.authentication.signature;
  if (spec.authentication.token?.sha256 === PUBLIC_TOKEN) {
    refuse(
      'spec.authentication.token.sha256',
      'is the hash of "change-me", which anybody guesses: make a token with openssl rand -hex 32',
    );
  }
  const longest = MAX_RECEIVER_NAME[kind];
  if (metadata.name.length > longest) refuse('metadata.name', `must have at most ${longest} characters`);
  if (kind === 'WebhookReceiver') {
    if (metadata.namespace === undefined)
      refuse('metadata.namespace', 'is missing: a WebhookReceiver writes to its own');
    if (spec.namespace !== undefined) {
      refuse('spec.namespace', 'is of ClusterWebhookReceivers: a WebhookReceiver writes to its own namespace');
    }
    if (signature?.secretRef?.namespace !== undefined && signature.secretRef.namespace !== metadata.namespace) {
      refuse('spec.authentication.signature.secretRef.namespace', 'must be the own namespace: leave it out');
    }
  } else {
    if (metadata.namespace !== undefined) refuse('metadata.namespace', 'is set: a ClusterWebhookReceiver has none');
    if (signature?.secretRef !== undefined && signature.secretRef.namespace === undefined) {
      refuse('spec.authentication.signature.secretRef', 'needs the namespace of the Secret');
    }
  }
  if (spec.complete && spec.resolve !== undefined) {
    refuse('spec.resolve', 'says nothing more: with complete, what findings leave out is over');
  }
  if (spec.complete && spec.findings === undefined)
    refuse('spec.findings', 'is missing: with complete it is everything');
  if (origin === 'cluster' && signature?.secretFile !== undefined) {
    refuse('spec.authentication.signature.secretFile', 'is for faultline.yaml: write secretRef');
  }
  return rules;
}
