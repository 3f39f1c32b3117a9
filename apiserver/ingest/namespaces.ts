import { hash } from 'node:crypto';
import { DNS_LABEL } from '../../crds/names.ts';
import type { Namespaces } from './ports.ts';

/**
 * Without a cluster every valid namespace name exists; its uid is the UUIDv5 of the cluster id and the name, so that a
 * restart and another machine find the same rows again (design.md decision 11).
 */
export function localNamespaces(clusterId: string): Namespaces {
  return {
    resolve: (name) => (DNS_LABEL.test(name) ? { uid: uuid5(`${clusterId}/${name}`) } : 'missing'),
  };
}

/**
 * As `namespaces`, and the place of the issues of cluster-scoped subjects always exists (contracts.md "Issue"): nobody
 * asks the cluster about it, and nothing leaves with it.
 */
export function withHome(namespaces: Namespaces, home: string, clusterId: string): Namespaces {
  const always = { uid: uuid5(`${clusterId}/${home}`) };
  return { resolve: (name) => (name === home ? always : namespaces.resolve(name)) };
}

// RFC 9562, appendix C: the namespace of URLs. Ours is a name of no registered kind.
const URL_NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');

function uuid5(name: string): string {
  const bytes = hash('sha1', Buffer.concat([URL_NAMESPACE, Buffer.from(`urn:faultline:namespace:${name}`)]), 'buffer');
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/**
 * Whether a namespace is inside a list of globs: `*` and `?`, `!` excludes. A list of exclusions alone includes the
 * rest; an empty list includes nothing, because a manager that saw no namespace says nothing about any.
 */
export function namespaceFilter(globs: readonly string[]): (namespace: string) => boolean {
  const excluded = globs.filter((glob) => glob.startsWith('!')).map((glob) => pattern(glob.slice(1)));
  const included = globs.filter((glob) => !glob.startsWith('!')).map(pattern);
  return (namespace) =>
    !excluded.some((glob) => glob.test(namespace)) &&
    (included.length === 0 ? excluded.length > 0 : included.some((glob) => glob.test(namespace)));
}

/** The namespaces of a list without globs and exclusions; undefined when it may cover any namespace. */
export function explicitNamespaces(globs: readonly string[]): readonly string[] | undefined {
  return globs.length > 0 && globs.every((glob) => !/[!*?]/.test(glob)) ? globs : undefined;
}

function pattern(glob: string): RegExp {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*+/g, '.*').replaceAll('?', '.')}$`);
}
