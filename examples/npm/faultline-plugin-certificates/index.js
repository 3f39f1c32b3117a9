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
    const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
    if (ready?.status === 'True') return { subject, findings: [] };
    if (ready?.status !== 'False') return { undecided: 'NotIssuedYet' };
    const expired = Date.parse(status?.notAfter ?? '') <= read.now().getTime();
    const finding = {
      key: 'ready',
      type: 'security',
      severity: expired ? 'critical' : 'major',
      reason: ready.reason ?? 'NotReady',
      title: `Certificate of ${spec?.dnsNames?.join(', ') ?? metadata.name} ${expired ? 'has expired' : 'is not ready'}`,
      description: ready.message ?? '',
    };
    return { subject, findings: [finding], again: 3_600_000 };
  },
};
