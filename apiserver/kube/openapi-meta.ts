import type { JsonSchema } from './resource.ts';

/**
 * The meta types in OpenAPI, under their upstream names: in v3 each document stands alone, so they conflict with
 * nobody's (O7). Only the fields that we serve; texts are our own.
 */
const PREFIX = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

export const OBJECT_META = `${PREFIX}ObjectMeta`;
export const LIST_META = `${PREFIX}ListMeta`;
export const STATUS = `${PREFIX}Status`;

const text = (description: string): JsonSchema => ({ type: 'string', description });
const map = (description: string): JsonSchema => ({
  type: 'object',
  description,
  additionalProperties: { type: 'string' },
});

export const META_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  [OBJECT_META]: {
    type: 'object',
    description: 'Metadata that every object has.',
    properties: {
      name: text('Unique within the namespace and resource. Never changes.'),
      namespace: text('The namespace the object is in.'),
      uid: text('Unique in time and space; never given to another object.'),
      resourceVersion: text('Changes whenever the object does. Opaque to clients, increasing, comparable as a number.'),
      generation: { type: 'integer', format: 'int64', description: 'Increases when spec changes.' },
      creationTimestamp: { type: 'string', format: 'date-time', description: 'When the object was created, in UTC.' },
      labels: map('Keys and values that label selectors select by.'),
      annotations: map('Keys and values that are not selected by.'),
      ownerReferences: {
        type: 'array',
        description: 'Objects that this object depends on.',
        items: {
          type: 'object',
          required: ['apiVersion', 'kind', 'name', 'uid'],
          properties: {
            apiVersion: text('Group and version of the owner.'),
            kind: text('Kind of the owner.'),
            name: text('Name of the owner.'),
            uid: text('UID of the owner.'),
            controller: { type: 'boolean', description: 'Whether the owner manages this object.' },
            blockOwnerDeletion: { type: 'boolean', description: 'Whether the owner cannot go before this object.' },
          },
        },
      },
    },
  },
  [LIST_META]: {
    type: 'object',
    description: 'Metadata of a list.',
    properties: {
      resourceVersion: text('The state of the world that the list shows; a watch continues from here.'),
      continue: text('Set when there are more items: ask for the next page with it.'),
      remainingItemCount: {
        type: 'integer',
        format: 'int64',
        description: 'How many items follow, when no selector was used.',
      },
    },
  },
  [STATUS]: {
    type: 'object',
    description: 'The answer to a request that has no object to answer with.',
    properties: {
      apiVersion: text('Always v1.'),
      kind: text('Always Status.'),
      metadata: { allOf: [{ $ref: `#/components/schemas/${LIST_META}` }] },
      status: text('Success or Failure.'),
      message: text('What happened, for people.'),
      reason: text('Why, for programs.'),
      code: { type: 'integer', format: 'int32', description: 'The HTTP code.' },
      details: { type: 'object', description: 'More about the reason: the object, and each fault.' },
    },
  },
};
