/**
 * Reports the certificates of cert-manager that are not ready: examples/controllers/certificate.ts as an npm package.
 * A controller is a plain object, so a package needs nothing of Faultline at run time.
 *
 * @type {import('faultline/controllers').ControllerDefinition}
 */
export default {
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', fields: ['spec.dnsNames', 'status'] },
  order: 'state',
  onDelete: 'resolve',
  observe({ apiVersion, kind, metadata, spec, status }, read) {
    const subject = { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name };
    // Whatever is stored there: nothing of an object is certain.
    const conditions = Array.isArray(status?.conditions) ? status.conditions : [];
    const ready = conditions.find((condition) => condition?.type === 'Ready');
    if (ready?.status === 'True') return { subject, findings: [] };
    if (ready?.status !== 'False') return { undecided: 'NotIssuedYet' };
    const expired = Date.parse(typeof status?.notAfter === 'string' ? status.notAfter : '') <= read.now().getTime();
    const names = Array.isArray(spec?.dnsNames) ? spec.dnsNames : [metadata.name];
    const finding = {
      key: 'ready',
      type: 'security',
      severity: expired ? 'critical' : 'major',
      reason: expired ? 'Expired' : 'NotReady',
      title: `Certificate of ${names.join(', ')} ${expired ? 'has expired' : 'is not ready'}`,
      description: typeof ready.message === 'string' ? ready.message : '',
    };
    return { subject, findings: [finding], again: 3_600_000 };
  },
};
