import { webhookController } from '../webhooks/controller.ts';

/** docs/controllers/workloads-mutatingwebhookconfiguration.md */
export default webhookController('MutatingWebhookConfiguration');
