import Joi from 'joi';
import { type ActionDefinition, checkPreconditions } from '../../../apiserver/kube/action.ts';
import type { ResourceDefinition } from '../../../apiserver/kube/index.ts';
import { notFound } from '../../../apiserver/kube/status.ts';
import { ArraySource } from '../../../apiserver/kube/testing/array-source.ts';
import { type Widget, widget, widgetDefinition } from '../../../apiserver/kube/testing/widgets.ts';
import type { Condition, TypeMeta } from '../../../crds/meta.ts';

/** A widget that can be painted and says how it is. */
export interface Thing extends Widget {
  status?: { conditions: Condition[] };
}

export function thingSource(): ArraySource<Thing> {
  return new ArraySource<Thing>(({ spec }) => ({ 'spec.color': spec.color }));
}

export function thingDefinition(source: ArraySource<Thing>): ResourceDefinition {
  const definition = widgetDefinition(source);
  return { ...definition, actions: [paint(source)] } as unknown as ResourceDefinition;
}

/** The same shape under another name: what a CRD is to a resource as its oracle. */
export function oracleDefinition(source: ArraySource<Thing>): ResourceDefinition {
  const names = { group: 'oracle.dev', plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' };
  return { ...widgetDefinition(source), ...names, shortNames: [] } as unknown as ResourceDefinition;
}

/** Two namespaces, labels and colours of several values, and more than 128 KiB, where compression begins. */
export function putThings(source: ArraySource<Thing>, type: Partial<TypeMeta> = {}): void {
  const things = [
    { namespace: 'n', name: 'a', color: 'red', labels: { tier: 'web', size: '7' } },
    { namespace: 'n', name: 'b', color: 'blue', labels: { tier: 'db' } },
    { namespace: 'n', name: 'c', color: 'blue' },
    { namespace: 'o', name: 'a', color: 'red', labels: { tier: 'web' } },
    { namespace: 'o', name: 'd', color: 'green' },
    { namespace: 'o', name: 'e', color: 'red' },
  ];
  for (const one of things) {
    const plain = widget({ ...one, note: 'n'.repeat(30_000) });
    const metadata = { ...plain.metadata, generation: 1 };
    source.put({ ...plain, ...type, metadata, status: { conditions: [READY] } });
  }
}

const READY: Condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Painted',
  message: 'It is painted.',
  lastTransitionTime: '2026-11-21T07:00:00Z',
  observedGeneration: 1,
};

function paint(source: ArraySource<Thing>): ActionDefinition {
  return {
    name: 'paint',
    kind: 'WidgetPainting',
    description: 'Paints a widget.',
    spec: Joi.object({ color: Joi.string() }),
    status: { type: 'object' },
    async perform({ namespace, name, preconditions, dryRun }) {
      const { objects } = await source.snapshot();
      const found = objects.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
      const resource = { group: 'example.dev', resource: 'widgets' };
      if (!found) throw notFound(resource, name);
      checkPreconditions(resource, found.metadata, preconditions);
      const stored = dryRun ? found : source.put(found);
      return { metadata: stored.metadata, status: {} };
    },
  };
}
