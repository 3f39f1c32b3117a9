import { fields, parseTime, text } from '../../index.ts';
import { condition } from '../../pipelines/conditions.ts';
import { KEYS, metadataOf } from '../../pipelines/metadata.ts';
import { placeOf } from '../../pipelines/place.ts';

/** Builds of a Component that count for what it ships: those of its branches, never those of pull requests. */

/** Selects the builds of Konflux; a Component's own by their label. */
export const BUILD_SELECTOR = `${KEYS.component},${KEYS.type}=build`;

export interface Build {
  readonly run: unknown;
  readonly name: string;
  /** ms since 1970. */
  readonly at: number;
  readonly succeeded: boolean;
}

/** Builds of branches that are over, newest first. */
export function branchBuilds(runs: readonly unknown[]): readonly Build[] {
  return runs
    .flatMap((run) => {
      const metadata = metadataOf(run);
      const place = placeOf(metadata);
      const succeeded = condition(run, 'Succeeded');
      const over = succeeded?.status === 'True' || succeeded?.status === 'False';
      const at = parseTime(text(fields(fields(run).status).completionTime)) ?? parseTime(succeeded?.lastTransitionTime);
      if (!over || at === undefined || place.kind !== 'branch' || place.queue) return [];
      return [{ run, name: metadata.name ?? '', at, succeeded: succeeded.status === 'True' }];
    })
    .sort((a, b) => b.at - a.at || (a.name < b.name ? -1 : 1));
}
