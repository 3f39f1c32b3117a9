import { type DeepReadonly, fields, type ObjectLike } from '../index.ts';

type Owner = NonNullable<ObjectLike['metadata']['ownerReferences']>[number];

/** Who manages this object: the one owner that is its controller. */
export function controllerOf({ metadata }: DeepReadonly<ObjectLike>): DeepReadonly<Owner> | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/**
 * Whether the status is of an older spec than the one there is: nothing in it can be trusted to be about what is wanted now.
 * An object that does not say which generation its status is of is taken at its word.
 */
export function isOutdated(object: DeepReadonly<ObjectLike>): boolean {
  const { generation } = fields(object.metadata);
  const { observedGeneration } = fields(fields(object).status);
  return typeof generation === 'number' && typeof observedGeneration === 'number' && observedGeneration < generation;
}
