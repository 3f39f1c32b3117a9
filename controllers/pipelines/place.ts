import { identifier } from '../index.ts';
import {
  KEYS,
  labelOrAnnotation,
  labelSpelling,
  type Metadata,
  pacAnnotation,
  pacLabel,
  pacValue,
} from './metadata.ts';

/**
 * Where the code of a run comes from. It is a part of the identity: a failing pull request never makes the branch look
 * broken, and a green one never makes it look healed (design.md decision 9).
 */
export type Place =
  | {
      readonly kind: 'pull-request';
      /** `18`, `sha-c782c8f81145` without a number, `run-<name>` when not even the commit is known. */
      readonly id: string;
      readonly number?: string;
    }
  | {
      readonly kind: 'branch';
      /** In the spelling of a label: `refs/heads/main`, `refs-heads-main` and `main` are one. */
      readonly branch?: string;
      /** As a person writes it, for titles. */
      readonly readable?: string;
      /** A branch that a merge queue made for one pull request. */
      readonly queue: boolean;
    }
  /** Started by hand, by a schedule, or by something that does not say. */
  | { readonly kind: 'unknown' };

type Event = 'push' | 'pull-request' | 'comment' | 'unknown';

export function placeOf(metadata: Metadata): Place {
  const number = pullRequestNumber(metadata);
  const event = eventOf(metadata);
  if (event === 'push') return branchPlace(metadata);
  if (event === 'pull-request' || number !== undefined) return pullRequestPlace(metadata, number);
  // A comment such as /retest on a pushed commit, or no event at all: only a push carries the full ref.
  const ref = pacLabel(metadata, 'branch') ?? pacAnnotation(metadata, 'branch');
  if (ref !== undefined) return /^refs[-/]/.test(ref) ? branchPlace(metadata) : pullRequestPlace(metadata, undefined);
  if (event === 'comment') return pullRequestPlace(metadata, undefined);
  return labelOrAnnotation(metadata, KEYS.targetBranch) === undefined ? { kind: 'unknown' } : branchPlace(metadata);
}

/** The part of an aspect: `pr/18`, `push/main`, `push` when the branch is not known. */
export function placePath(place: Place): readonly string[] {
  switch (place.kind) {
    case 'pull-request':
      return ['pr', place.id];
    case 'branch':
      return place.branch === undefined ? ['push'] : ['push', place.branch];
    case 'unknown':
      return [];
    default:
      return place satisfies never;
  }
}

function eventOf(metadata: Metadata): Event {
  const declared = pacValue(metadata, 'event-type');
  if (declared !== undefined) return classify(declared);
  // Written as a list: [push], [pull_request], or both, which says nothing.
  const listed = pacAnnotation(metadata, 'on-event')
    ?.replace(/[[\]\s]/g, '')
    .split(',');
  if (listed?.length === 1 && listed[0] !== undefined) return classify(listed[0]);
  // Konflux names its generated pipelines so.
  const original = pacValue(metadata, 'original-prname');
  if (original?.endsWith('-on-pull-request')) return 'pull-request';
  if (original?.endsWith('-on-push')) return 'push';
  return 'unknown';
}

/** GitHub says `pull_request`, GitLab `Merge_Request`, comments `retest-comment`, labels `pull_request_labeled`. */
function classify(event: string): Event {
  const word = event.toLowerCase().replace(/[\s_-]+/g, '_');
  if (word === 'push' || word === 'tag_push' || word === 'incoming') return 'push';
  if (/^(pull|merge)_?request/.test(word)) return 'pull-request';
  return 'comment';
}

function pullRequestNumber(metadata: Metadata): string | undefined {
  const number = pacValue(metadata, 'pull-request') ?? labelOrAnnotation(metadata, KEYS.pullRequestNumber);
  return number !== undefined && /^[1-9]\d{0,9}$/.test(number) ? number : undefined;
}

function pullRequestPlace(metadata: Metadata, number: string | undefined): Place {
  if (number !== undefined) return { kind: 'pull-request', id: number, number };
  const sha = commitOf(metadata);
  return { kind: 'pull-request', id: sha === undefined ? `run-${metadata.name ?? ''}` : `sha-${sha.slice(0, 12)}` };
}

/** The commit that was built: 7–64 hexadecimal digits. */
export function commitOf(metadata: Metadata): string | undefined {
  const sha = (pacValue(metadata, 'sha') ?? labelOrAnnotation(metadata, KEYS.commit))?.toLowerCase();
  return sha !== undefined && /^[0-9a-f]{7,64}$/.test(sha) ? sha : undefined;
}

function branchPlace(metadata: Metadata): Place {
  const found = identifier(pacValue(metadata, 'branch') ?? labelOrAnnotation(metadata, KEYS.targetBranch));
  if (found === undefined) return { kind: 'branch', queue: false };
  const branch = labelSpelling(found).replace(/^refs-heads-/, '');
  const written = pacAnnotation(metadata, 'branch') ?? labelOrAnnotation(metadata, KEYS.targetBranch);
  const readable = written?.replace(/^refs[-/]heads[-/]/, '');
  return {
    kind: 'branch',
    branch,
    readable: readable !== undefined && labelSpelling(readable) === branch ? readable : branch,
    queue: branch.startsWith('gh-readonly-queue-'),
  };
}
