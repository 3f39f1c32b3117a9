import Joi from 'joi';
import { defineResource, type Feed, type Given, type ResourceModule } from '../../../kube/index.ts';

/** A small resource for tests. */
export interface Gadget {
  readonly spec: { readonly color: string; readonly size?: number };
  readonly status?: { readonly note: string };
}

export function gadgets(feed: Feed<Gadget> = async () => undefined): ResourceModule<Gadget, Record<string, never>> {
  return defineResource<Gadget>({
    apiVersion: 'resource/v1',
    kind: 'Gadget',
    plural: 'gadgets',
    description: 'A thing with a color.',
    schema: {
      spec: Joi.object({ color: Joi.string().required(), size: Joi.number() }).required(),
      status: Joi.object({ note: Joi.string().allow('') }),
    },
    columns: [{ name: 'Color', description: 'Its color.', cell: ({ spec }) => spec.color }],
    selectableFields: { 'spec.color': ({ spec }) => spec.color },
    feed,
  });
}

export function gadget(name: string, color = 'red', more: Partial<Given<Gadget>['metadata']> = {}): Given<Gadget> {
  return { metadata: { namespace: 'n', name, ...more }, spec: { color } };
}
