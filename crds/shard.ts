import { hash } from 'node:crypto';
import Joi from 'joi';

/**
 * One part of the namespaces of a source: those whose hash, modulo `count`, is `index`. Which shard a namespace belongs to
 * depends on its name and `count` alone, so every process and the engine agree about it without asking each other.
 */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** More would be more renewals a second than a Lease is worth. */
export const MAX_SHARDS = 32;

export const shardSchema = Joi.object<Shard, true>({
  index: Joi.number().integer().min(0).less(Joi.ref('count')).required(),
  count: Joi.number().integer().min(2).max(MAX_SHARDS).required(),
}).description(
  'Only namespaces n with SHA-256(n), its first 4 bytes as a big-endian number, modulo `count` = `index`.',
);

/** The index of the shard that a namespace belongs to. */
export function shardOf(namespace: string, count: number): number {
  return hash('sha256', namespace.normalize('NFC'), 'buffer').readUInt32BE(0) % count;
}

export function isInShard(namespace: string, shard: Shard | undefined): boolean {
  return shard === undefined || shardOf(namespace, shard.count) === shard.index;
}

/** What a shard is called in leads, syncs and names of Leases: `3-of-8`. */
export function shardName({ index, count }: Shard): string {
  return `${index}-of-${count}`;
}
