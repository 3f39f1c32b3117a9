import { defineController, type ObjectLike } from 'faultline/controllers';

interface Widget extends ObjectLike {
  readonly spec: { readonly broken: boolean; readonly text: string };
}

/** A thing that is: its deletion resolves. */
export default defineController<Widget>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'chaos.example.com/v1', kind: 'Widget', fields: ['spec'] },
  order: 'state',
  onDelete: 'resolve',
  async observe({ apiVersion, kind, metadata, spec }) {
    const { name } = metadata;
    const subject = { apiVersion, kind, namespace: metadata.namespace ?? '', name };
    const finding = { key: 'broken', type: 'build', severity: 'major', reason: 'Broken', title: spec.text } as const;
    return { subject, findings: spec.broken ? [finding] : [] };
  },
});
