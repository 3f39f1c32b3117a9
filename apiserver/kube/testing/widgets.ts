import type { KubernetesObject } from '../../../crds/meta.ts';
import type { ResourceDefinition } from '../resource.ts';
import type { ChangeSource } from '../source.ts';
import { ArraySource } from './array-source.ts';

/** A resource that has nothing to do with issues: the wire must not know the difference. */
export interface Widget extends KubernetesObject {
  spec: { color: string; size: number; note?: string };
}

export const WIDGETS_PATH = '/apis/example.dev/v1/widgets';

export function widgetDefinition(source?: ChangeSource<Widget>): ResourceDefinition<Widget> {
  return {
    group: 'example.dev',
    version: 'v1',
    plural: 'widgets',
    singular: 'widget',
    kind: 'Widget',
    listKind: 'WidgetList',
    shortNames: ['wd'],
    categories: ['things'],
    namespaced: true,
    description: 'A thing.',
    schema: {
      spec: {
        type: 'object',
        description: 'What it is like.',
        properties: {
          color: { type: 'string', description: 'Its color.' },
          size: { type: ['integer', 'null'] },
          note: { const: 'x' },
          tags: { type: 'object', patternProperties: { '.*': { type: 'string' } } },
        },
      },
    },
    columns: [
      {
        name: 'Name',
        type: 'string',
        format: 'name',
        description: 'Its name.',
        cell: (widget) => widget.metadata.name,
      },
      { name: 'Color', type: 'string', description: 'Its color.', cell: (widget) => widget.spec.color },
      { name: 'Age', type: 'string', description: 'Its age.', cell: (w) => ({ since: w.metadata.creationTimestamp }) },
      { name: 'Size', type: 'integer', description: 'Its size.', priority: 1, cell: (widget) => widget.spec.size },
      { name: 'Note', type: 'string', description: 'A note.', priority: 1, cell: (widget) => widget.spec.note ?? null },
    ],
    selectableFields: ['spec.color'],
    fields: widgetFields,
    ...(source && { source }),
    readOnlyMessage: 'widgets are read-only: they grow by themselves',
  };
}

function widgetFields(widget: Widget): Record<string, string> {
  return { 'spec.color': widget.spec.color };
}

export function widgetSource(last?: number): ArraySource<Widget> {
  return new ArraySource<Widget>(widgetFields, last);
}

export const CREATED = '2026-11-21T07:00:00Z';

export interface WidgetValues {
  namespace?: string;
  name?: string;
  color?: string;
  note?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export function widget(values: WidgetValues = {}): Widget {
  const { namespace = 'n', name = 'a', color = 'red', note, labels, annotations } = values;
  return {
    apiVersion: 'example.dev/v1',
    kind: 'Widget',
    metadata: {
      name,
      namespace,
      uid: `uid-of-${namespace}-${name}`,
      resourceVersion: '1',
      creationTimestamp: CREATED,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
    },
    spec: { color, size: 3, ...(note !== undefined && { note }) },
  };
}
