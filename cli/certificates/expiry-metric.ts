import { X509Certificate } from 'node:crypto';
import { Gauge, type Registry } from 'prom-client';
import type { ServingCertificate } from '../../apiserver/server.ts';

/** When the certificate that is served ends, wherever it comes from. */
export function certificateMetric(registry: Registry, serving: () => ServingCertificate): void {
  let last: { readonly of: string; readonly seconds: number } | undefined;
  new Gauge({
    name: 'faultline_serving_certificate_expiration_timestamp_seconds',
    help: 'When the certificate that this server serves ends, in seconds since 1970.',
    registers: [registry],
    collect() {
      const { cert } = serving();
      if (last?.of !== cert) last = { of: cert, seconds: new X509Certificate(cert).validToDate.getTime() / 1_000 };
      this.set(last.seconds);
    },
  });
}
