import type { Answer } from './client.ts';
import { need } from './item.ts';
import type { Loose, LooseResource } from './loose.ts';
import type { Subject } from './subject.ts';
import { apiVersionOf } from './target.ts';

/** Create-only subresources: something that is done to an object. Skips the item when there are none. */
export function actionsOf({ target }: Subject): readonly LooseResource[] {
  const actions = target.subresources.filter(({ verbs }) => verbs?.join() === 'create');
  need(actions.length > 0, 'the resource has no action subresources');
  return actions;
}

export interface ActionCall {
  /** Default: an object of the kind that discovery advertises. */
  readonly body?: string | Buffer;
  readonly metadata?: object;
  readonly contentType?: string;
  /** Everything is a dry run, whatever else it is. */
  readonly query?: string;
}

/** POSTs to an action of an object, as a dry run. */
export function callAction(
  subject: Subject,
  action: LooseResource,
  object: Loose,
  call: ActionCall = {},
): Promise<Answer> {
  const { name = '', group, version, kind } = action;
  const apiVersion = version ? (group ? `${group}/${version}` : version) : apiVersionOf(subject.target);
  const { body = JSON.stringify({ apiVersion, kind, ...(call.metadata && { metadata: call.metadata }) }) } = call;
  const path = `${subject.item(object)}/${name.split('/')[1]}?${call.query ?? 'dryRun=All'}`;
  return subject.api.send(path, {
    method: 'POST',
    headers: { 'content-type': call.contentType ?? 'application/json' },
    body,
  });
}
