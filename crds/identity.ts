import { hash } from 'node:crypto';
import type { Subject } from './issue.ts';
import { groupOf } from './meta.ts';

/**
 * The hashes by which subjects, issues and objects are the same. All are SHA-256 over a JSON array of NFC strings, so
 * that no separator can be forged, and none contains an API version: v1beta1 → v1 is the same issue.
 */

/** The version of the fingerprint algorithm; a change makes new issues and needs an ADR. */
export const FINGERPRINT_VERSION = 1;

function sha256(parts: readonly (string | null)[]): Buffer {
  const json = JSON.stringify(parts);
  // ASCII is its own normal form; what JSON escapes is ASCII.
  return hash(
    'sha256',
    ASCII.test(json) ? json : JSON.stringify(parts.map((part) => part?.normalize('NFC') ?? null)),
    'buffer',
  );
}

const ASCII = /^[ -~]*$/;

function subjectParts(subject: Subject): string[] {
  return [groupOf(subject.apiVersion), subject.kind, subject.namespace ?? '', subject.name];
}

/** Identity of an issue: one finding key of one subject from one source in one namespace. 32 bytes. */
export function fingerprint(namespace: string, source: string, subject: Subject, key: string): Buffer {
  return sha256([namespace, source, ...subjectParts(subject), subject.aspect ?? '', key]);
}

/** Identity of a subject including its aspect, hex. */
export function subjectHash(subject: Subject): string {
  return sha256([...subjectParts(subject), subject.aspect ?? '']).toString('hex');
}

/** Identity of "every aspect of this subject", hex: where the deletion of a whole subject is remembered. */
export function everyAspectHash(subject: Subject): string {
  return sha256([...subjectParts(subject), null]).toString('hex');
}

/** Identity of a listed cluster object, hex: what `sync` sends. `namespace` is '' for cluster-scoped objects. */
export function objectHash(apiVersion: string, kind: string, namespace: string, name: string): string {
  return sha256([groupOf(apiVersion), kind, namespace, name]).toString('hex');
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * Name of an issue: a slug of kind and name (≤ 36 characters), a dash and 8 base32 characters of the fingerprint, or
 * 12 when the shorter name is taken. Always an RFC 1123 label.
 */
export function issueName(subject: Subject, fingerprint: Buffer, suffixLength: 8 | 12 = 8): string {
  return `${slug(`${subject.kind}-${subject.name}`) || 'issue'}-${base32(fingerprint, suffixLength)}`;
}

/**
 * Name of a group that findings name: a slug of the text (≤ 36 characters), a dash and 12 base32 characters (60 bits) of
 * its hash, so that two texts never share one. Always an RFC 1123 label.
 */
export function groupName(group: string): string {
  return `${slug(group) || 'group'}-${base32(sha256(['group', group]), 12)}`;
}

/** Name of a group of equal messages; `version` is that of the algorithm that made them equal. */
export function proposedGroupName(version: number, reason: string, message: string): string {
  const words = reason.replace(/([a-z0-9])([A-Z])/g, '$1-$2');
  return `${slug(words) || 'group'}-${base32(sha256(['message', String(version), reason, message]), 12)}`;
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 36)
    .replace(/^-+|-+$/g, '');
}

function base32(bytes: Buffer, length: number): string {
  let text = '';
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    if (text.length === length) break;
    pending = ((pending << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5 && text.length < length; bits -= 5) text += BASE32[(pending >>> (bits - 5)) & 31];
  }
  return text;
}
