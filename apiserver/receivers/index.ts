/** Foreign webhooks in: what the route and the composition root use. */
export { ReceiverCallers } from './access.ts';
export {
  checkSignature,
  checkToken,
  deliveryIdOf,
  openHeaders,
  type Secrets,
  SecretUnavailable,
} from './authenticate.ts';
export { compileReceiver, type Receiver } from './compile.ts';
export { type Declaration, type DeclarationFault, faultText, receiverPath } from './declaration.ts';
export { deliver, type Outcome } from './deliver.ts';
export { type Delivery, evaluateDelivery } from './evaluate.ts';
export { EvaluationGate } from './evaluation-gate.ts';
export { type ReceiverMetrics, receiverMetrics } from './metrics.ts';
export type { ReceiverNews, ReceiverObject, WatchReceivers, WriteReceiverStatus } from './ports.ts';
export { Receivers, type ReceiversOptions } from './receivers.ts';
export { expressionPath, reportOf } from './reports.ts';
