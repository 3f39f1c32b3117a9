import { defineFindings } from '../../index.ts';

const common = { key: 'certificate', type: 'security' } as const;
const REMEDY = 'Renew it. Where cert-manager made it, see the Certificate that the description names.';

export const FINDINGS = defineFindings({
  CertificateExpired: {
    ...common,
    severity: 'critical',
    meaning: 'A certificate of the chain in `tls.crt` is over: whoever verifies it refuses the connection.',
    remedy: REMEDY,
  },
  CertificateExpiring: {
    ...common,
    severity: 'major',
    meaning:
      'A certificate of the chain ends within `expiresWithin`, and in the last quarter of its life: what is renewed in time, and what lives for a day, is no finding.',
    remedy: REMEDY,
  },
  CertificateInvalid: {
    ...common,
    severity: 'minor',
    meaning: '`tls.crt` is not a chain of certificates in PEM.',
    remedy: 'Write the certificate again; who reads the Secret now fails.',
  },
});
