import { defineController, type ObjectLike, undecided } from 'faultline/controllers';

interface Task extends ObjectLike {
  readonly spec: { readonly line: string };
  readonly status?: { readonly completionTime?: string; readonly failed?: boolean; readonly text?: string };
}

/** A thing that finishes: of many the newest decides about their line, and one that is deleted still counts. */
export default defineController<Task>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'chaos.example.com/v1', kind: 'Task', fields: ['spec', 'status'] },
  order: 'run',
  onDelete: 'keep',
  async observe({ apiVersion, metadata, spec, status = {} }) {
    if (status.completionTime === undefined) return undecided('Running');
    const subject = { apiVersion, kind: 'Line', namespace: metadata.namespace ?? '', name: spec.line };
    const title = status.text ?? '';
    const finding = { key: 'run', type: 'build', severity: 'critical', reason: 'Failed', title } as const;
    return { subject, completedAt: status.completionTime, findings: status.failed ? [finding] : [] };
  },
});
