import { Counter, Gauge, type Registry } from 'prom-client';

/** What receivers count (design.md decision 17). Labels are closed sets: no names of receivers. */
export interface ReceiverMetrics {
  /** A delivery was answered. */
  answered(status: number): void;
  /** How many receivers there are now. */
  receivers(counts: { readonly accepted: number; readonly refused: number }): void;
}

export function receiverMetrics(registry: Registry): ReceiverMetrics {
  const deliveries = new Counter({
    name: 'faultline_receiver_deliveries_total',
    help: 'Deliveries of webhooks to receivers, by the HTTP status that answered them.',
    labelNames: ['status'],
    registers: [registry],
  });
  const receivers = new Gauge({
    name: 'faultline_receivers',
    help: 'Receivers of webhooks, by whether they are accepted.',
    labelNames: ['accepted'],
    registers: [registry],
  });
  return {
    answered: (status) => deliveries.inc({ status: String(status) }),
    receivers({ accepted, refused }) {
      receivers.set({ accepted: 'true' }, accepted);
      receivers.set({ accepted: 'false' }, refused);
    },
  };
}
