import { defineController, type ObjectLike, records, text, undecided } from 'faultline/controllers';

/** cert-manager's Certificate, as far as it is read here. */
interface Certificate extends ObjectLike {
  spec?: { dnsNames?: string[] };
  status?: { notAfter?: string; conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

/** Reports the certificates of cert-manager that are not ready. */
export default defineController<Certificate>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', fields: ['spec.dnsNames', 'status'] },
  order: 'state', // a certificate *is*; it does not finish
  onDelete: 'resolve', // without the certificate there is no problem either
  observe({ apiVersion, kind, metadata, spec, status }, read) {
    const subject = { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name };
    const ready = records(status?.conditions).find(({ type }) => type === 'Ready'); // whatever is stored there
    if (ready?.status === 'True') return { subject, findings: [] };
    if (ready?.status !== 'False') return undecided('NotIssuedYet');
    const expired = Date.parse(text(status?.notAfter) ?? '') <= read.now().getTime();
    const names = Array.isArray(spec?.dnsNames) ? spec.dnsNames : [metadata.name];
    const finding = {
      key: 'ready',
      type: 'security',
      severity: expired ? ('critical' as const) : ('major' as const),
      reason: expired ? 'Expired' : 'NotReady',
      title: `Certificate of ${names.join(', ')} ${expired ? 'has expired' : 'is not ready'}`,
      description: text(ready.message) ?? '',
    };
    return { subject, findings: [finding], again: 3_600_000 }; // it may expire without a change of the object
  },
});
