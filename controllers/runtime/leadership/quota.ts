/**
 * How many shards each of `members` processes leads: as evenly as `shards` can be divided, the first ones one more. The
 * quotas of all ranks add up to `shards`, so that with one view of the members every shard finds a process that wants it,
 * and none is wanted by two.
 */
export function quotaOf(rank: number, members: number, shards: number): number {
  return Math.floor(shards / members) + (rank < shards % members ? 1 : 0);
}
