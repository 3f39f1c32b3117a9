import { webhookController } from '../webhooks/controller.ts';

/** docs/controllers/workloads-validatingwebhookconfiguration.md */
export default webhookController('ValidatingWebhookConfiguration');
