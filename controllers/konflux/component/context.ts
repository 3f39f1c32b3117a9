import { type Finding, type Link, multiLine, oneLine } from '../../index.ts';
import { labelsOf } from '../../pipelines/labels.ts';
import type { Metadata } from '../../pipelines/metadata.ts';
import { MAX_DESCRIPTION, MAX_TITLE } from '../../pipelines/words.ts';
import type { BuildStatus } from './build-status.ts';
import type { Options } from './options.ts';

/** One look at a Component. */
export interface Context {
  readonly component: unknown;
  readonly metadata: Metadata & { readonly name: string; readonly namespace: string };
  readonly application: string | undefined;
  readonly status: BuildStatus;
  readonly options: Options;
  /** ms since 1970. */
  readonly now: number;
}

/** A finding, and since when it is one: ms since 1970, where that is known. */
export interface Found {
  readonly finding: Finding;
  readonly since: number | undefined;
}

interface More extends Pick<Finding, 'severity'> {
  readonly description?: string | undefined;
  readonly links?: Link[];
  readonly evidence?: NonNullable<Finding['evidence']>;
}

export function findingOf(
  { metadata, application }: Context,
  said: { readonly key: string; readonly reason: string; readonly remedy: string },
  title: string,
  { description, ...more }: More,
): Finding {
  return {
    key: said.key,
    type: 'build',
    reason: said.reason,
    title: oneLine(title, MAX_TITLE),
    ...(description === undefined ? {} : { description: multiLine(description.slice(0, 16_384), MAX_DESCRIPTION) }),
    labels: labelsOf(metadata, { application, component: metadata.name, stage: 'releasable' }),
    remediation: { text: said.remedy },
    ...more,
  };
}
