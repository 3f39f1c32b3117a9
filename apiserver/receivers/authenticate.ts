import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { parseDuration } from '../../crds/duration.ts';
import type {
  ReceiverAuthentication,
  SecretKeyReference,
  SignatureAuthentication,
} from '../../crds/webhook-receiver.ts';

/** Headers by lower-case name, as Node has them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Where keys of signatures are. Rejects with SecretUnavailable. */
export interface Secrets {
  /** `namespace`: where the Secret is. */
  read(reference: Required<SecretKeyReference>): Promise<string>;
  /** A file of the server. */
  readFile(path: string): Promise<string>;
}

/** The key cannot be read now: 503, so that the sender tries again. `message` is for the log. */
export class SecretUnavailable extends Error {
  override readonly name = 'SecretUnavailable';
}

/** Whether a delivery may be taken; `reason` is for the sender, and tells no more than a sender may know. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const OK: Verdict = { ok: true };
const refused = (reason: string): Verdict => ({ ok: false, reason });

/** The token of a receiver, compared by its hash. Needs no body, so it is asked before one is read. */
export function checkToken({ token }: ReceiverAuthentication, headers: Headers): Verdict {
  if (token === undefined) return OK;
  const given = token.header === undefined ? bearerOf(headers) : one(headers, token.header);
  if (given === undefined) return refused(`no token: send it as ${token.header ?? 'Authorization: Bearer'}`);
  const same = timingSafeEqual(sha256(given), Buffer.from(token.sha256, 'hex'));
  return same ? OK : refused('the token is not the one of this receiver');
}

/** The signature of a body. `now`: ms since 1970. Rejects with SecretUnavailable. */
export async function checkSignature(
  signature: SignatureAuthentication,
  { headers, body, namespace }: { readonly headers: Headers; readonly body: Buffer; readonly namespace: string },
  { secrets, now }: { readonly secrets: Secrets; readonly now: number },
): Promise<Verdict> {
  const key = await keyOf(signature, namespace, secrets);
  const tolerance = parseDuration(signature.tolerance);
  switch (signature.scheme) {
    case 'GitHub':
      return gitHub(key, headers, body);
    case 'GitLab':
      // Its signing tokens are those of Standard Webhooks; its older secret tokens are sent as they are.
      return key.startsWith(PREFIX) ? standard(key, headers, body, now, tolerance) : gitLabToken(key, headers);
    case 'StandardWebhooks':
      return standard(key, headers, body, now, tolerance);
  }
}

/** The sender's own id of a delivery, the same one when it tries again; undefined when it sends none. */
export function deliveryIdOf(headers: Headers): string | undefined {
  const cloudEvent = one(headers, 'ce-id');
  return (
    one(headers, 'webhook-id') ??
    one(headers, 'x-github-delivery') ??
    one(headers, 'idempotency-key') ??
    // Unique together with its source only.
    (cloudEvent === undefined ? undefined : JSON.stringify([one(headers, 'ce-source') ?? '', cloudEvent]))
  );
}

/** Headers that expressions may see: nothing that proves who sends. */
export function openHeaders(headers: Headers, authentication: ReceiverAuthentication): Record<string, string> {
  const hidden = new Set([...CREDENTIALS, authentication.token?.header ?? '']);
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || hidden.has(name) ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

const CREDENTIALS = ['authorization', 'cookie', 'proxy-authorization', 'x-gitlab-token', 'x-hub-signature'];
const PREFIX = 'whsec_';

async function keyOf({ secretRef, secretFile }: SignatureAuthentication, namespace: string, secrets: Secrets) {
  const text = secretRef
    ? await secrets.read({ namespace, ...secretRef })
    : await secrets.readFile(secretFile as string);
  const key = text.trim();
  // An empty key signs whatever anybody likes.
  if (key === '') throw new SecretUnavailable('the key is empty');
  return key;
}

function gitHub(key: string, headers: Headers, body: Buffer): Verdict {
  const given = one(headers, 'x-hub-signature-256');
  if (given === undefined) return refused('no X-Hub-Signature-256: set a secret on the webhook');
  const digest = /^sha256=([0-9a-f]{64})$/i.exec(given)?.[1];
  const expected = createHmac('sha256', key).update(body).digest();
  if (digest !== undefined && timingSafeEqual(Buffer.from(digest, 'hex'), expected)) return OK;
  return refused('X-Hub-Signature-256 does not match: is the secret of the webhook the one of this receiver?');
}

function gitLabToken(key: string, headers: Headers): Verdict {
  const given = one(headers, 'x-gitlab-token');
  if (given === undefined) return refused('no X-Gitlab-Token: set a secret token on the webhook');
  return timingSafeEqual(sha256(given), sha256(key)) ? OK : refused('X-Gitlab-Token is not the one of this receiver');
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function standard(key: string, headers: Headers, body: Buffer, now: number, tolerance: number): Verdict {
  const id = one(headers, 'webhook-id');
  const timestamp = one(headers, 'webhook-timestamp');
  const signatures = one(headers, 'webhook-signature');
  if (id === undefined || timestamp === undefined || signatures === undefined) {
    return refused('not signed: webhook-id, webhook-timestamp and webhook-signature are needed');
  }
  const away = Math.abs(now - Number(timestamp) * 1_000);
  if (!/^\d{1,12}$/.test(timestamp) || away > tolerance) {
    return refused(`webhook-timestamp is more than ${tolerance / 1_000} s away from the server's clock`);
  }
  const bytes = key.startsWith(PREFIX) ? Buffer.from(key.slice(PREFIX.length), 'base64') : Buffer.from(key);
  if (bytes.length === 0) throw new SecretUnavailable('the key is empty');
  const expected = createHmac('sha256', bytes).update(`${id}.${timestamp}.`).update(body).digest();
  // While a key is replaced there are several.
  const matches = signatures.split(' ').some((each) => {
    const given = each.startsWith('v1,') ? Buffer.from(each.slice('v1,'.length), 'base64') : Buffer.alloc(0);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return matches ? OK : refused('webhook-signature does not match: is the key of the sender the one of this receiver?');
}

function bearerOf(headers: Headers): string | undefined {
  return /^bearer +([^ ]+) *$/i.exec(one(headers, 'authorization') ?? '')?.[1];
}

function one(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  const text = Array.isArray(value) ? value[0] : value;
  return text === '' ? undefined : text;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
