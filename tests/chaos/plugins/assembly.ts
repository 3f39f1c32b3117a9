import { defineController, type ObjectLike } from 'faultline/controllers';

interface Assembly extends ObjectLike {
  readonly spec: { readonly text: string };
}

type Part = ObjectLike & { readonly spec: { readonly broken: boolean } };

/** A thing whose state is in what it owns: a change of a part is a look at the whole. */
export default defineController<Assembly>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'chaos.example.com/v1', kind: 'Assembly', fields: ['spec'] },
  reads: [{ apiVersion: 'chaos.example.com/v1', kind: 'Part', fields: ['spec'], ownedByObject: true }],
  order: 'state',
  onDelete: 'resolve',
  async observe({ apiVersion, kind, metadata, spec }, read) {
    const parts = await read.owned<Part>('Part');
    const broken = parts.filter((part) => part.spec.broken).map((part) => part.metadata.name);
    const subject = { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name };
    const title = `${spec.text}: ${broken.join(' ')}`;
    const finding = { key: 'parts', type: 'pipeline', severity: 'info', reason: 'PartsBroken', title } as const;
    return { subject, findings: broken.length > 0 ? [finding] : [] };
  },
});
