import { defineController, type ObjectLike } from 'faultline/controllers';

interface Gauge extends ObjectLike {
  readonly spec: { readonly broken: readonly string[]; readonly text: string };
}

/** A thing with several findings at once, of which some come while others go. */
export default defineController<Gauge>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'chaos.example.com/v1', kind: 'Gauge', fields: ['spec'] },
  order: 'state',
  onDelete: 'resolve',
  async observe({ apiVersion, kind, metadata, spec }) {
    const { name } = metadata;
    const subject = { apiVersion, kind, namespace: metadata.namespace ?? '', name };
    const findings = spec.broken.map(
      (key) => ({ key, type: 'workload', severity: 'minor', reason: 'Broken', title: spec.text }) as const,
    );
    return { subject, findings };
  },
});
