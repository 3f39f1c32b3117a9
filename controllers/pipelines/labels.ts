import { text } from '../index.ts';
import { KEYS, type Metadata, pacAnnotation, pacValue } from './metadata.ts';
import type { Place } from './place.ts';

/** The words by which issues about runs are filtered: `faultline.dev/stage`, `/origin`, `/application`, `/component`. */

export const PREFIX = 'faultline.dev/';
const LABEL_VALUE = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
// Renovate's branches and, on Konflux, MintMaker's; red-hat-konflux[bot] itself also opens onboarding pull requests.
const BOT_BRANCH = /(^|[\s/])(konflux\/(mintmaker|references)|renovate)\//;
const BOT_SENDER = /renovate|mintmaker/i;

/** What a failure stops: one change, or what is shipped. Undefined when nothing says where the code comes from. */
export function stageOf(place: Place): 'development' | 'releasable' | undefined {
  if (isDevelopment(place)) return 'development';
  return place.kind === 'branch' ? 'releasable' : undefined;
}

export function isDevelopment(place: Place): boolean {
  return place.kind === 'pull-request' || (place.kind === 'branch' && place.queue);
}

/** Who wanted the change: the dependency bot or a person. Undefined when no change started the run. */
export function originOf(metadata: Metadata): 'mintmaker' | 'user' | undefined {
  const source = pacAnnotation(metadata, 'source-branch')?.replace(/^refs\/heads\//, '');
  const sender = pacValue(metadata, 'sender');
  // The merge commit of a bot's pull request is pushed by a person and names the branch.
  const subject = pacAnnotation(metadata, 'sha-title')?.slice(0, 1_000);
  if (BOT_BRANCH.test(source ?? '') || BOT_SENDER.test(sender ?? '') || BOT_BRANCH.test(subject ?? ''))
    return 'mintmaker';
  return (source ?? sender ?? pacValue(metadata, 'event-type')) === undefined ? undefined : 'user';
}

export interface Words {
  stage?: string | undefined;
  origin?: string | undefined;
  application?: string | undefined;
  component?: string | undefined;
}

/** Label values of the metadata, and these words over them; what is no valid label value is left out. */
export function labelsOf(metadata: Metadata, words: Words = {}): Record<string, string> {
  const labels: Record<string, string> = {};
  const all: Words = {
    stage: words.stage,
    origin: words.origin,
    application: words.application ?? text(metadata.labels[KEYS.application]),
    component: words.component ?? text(metadata.labels[KEYS.component]),
  };
  for (const [key, value] of Object.entries(all)) {
    if (typeof value === 'string' && LABEL_VALUE.test(value)) labels[PREFIX + key] = value;
  }
  return labels;
}
