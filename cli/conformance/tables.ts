import type { Answer } from './client.ts';
import { success } from './errors.ts';
import { ensure } from './item.ts';
import type { Loose, LooseColumn, LooseRow } from './loose.ts';

export interface Table {
  readonly columns: readonly LooseColumn[];
  readonly rows: readonly LooseRow[];
  readonly object: Loose;
}

/** The Table of an answer; fails the item when it is none. */
export function tableOf(answer: Answer, apiVersion = 'meta.k8s.io/v1'): Table {
  const object = success(answer).json();
  ensure(answer.mediaType === 'application/json', `a Table came as ${answer.header('content-type')}`);
  return tableIn(object, apiVersion, answer.question);
}

export function tableIn(object: Loose, apiVersion: string, question: string): Table {
  ensure(object.kind === 'Table', `${question} answered a ${object.kind} instead of a Table`);
  ensure(object.apiVersion === apiVersion, `the Table of ${question} has the apiVersion ${object.apiVersion}`);
  const { columnDefinitions: columns, rows } = object;
  ensure(Array.isArray(rows), `the Table of ${question} has no rows`);
  return { columns: columns ?? [], rows, object };
}

export function isPartial(object: Loose | null | undefined): boolean {
  return (
    object?.kind === 'PartialObjectMetadata' &&
    object.apiVersion === 'meta.k8s.io/v1' &&
    object.metadata?.name !== undefined &&
    object.spec === undefined &&
    object.status === undefined
  );
}
