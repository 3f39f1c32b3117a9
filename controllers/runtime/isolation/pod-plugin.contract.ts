/** Texts of plugins for tests: each is written into a folder and runs in a real worker thread. */

/** A plugin about Pods whose `observe` has this body. */
export const podPlugin = (observe: string, head = ''): string => `
import { defineController, undecided, RetryAfter, TerminalError } from 'faultline/controllers';
${head}
export default defineController({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'v1', kind: 'Pod', fields: ['spec'] },
  reads: [{ apiVersion: 'v1', kind: 'ConfigMap', fields: ['data'] }],
  order: 'state',
  onDelete: 'resolve',
  async observe(object, read, options) {
    const { name, namespace, labels = {} } = object.metadata;
    const subject = { apiVersion: 'v1', kind: 'Pod', namespace, name };
    const healthy = { subject, findings: [] };
    const broken = (title) => ({ subject, findings: [{ key: 'pod', type: 'workload', severity: 'minor', reason: 'Broken', title }] });
    ${observe}
  },
});
`;
